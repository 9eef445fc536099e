// The name of a device, from the User-Agent header of its login. Bowser knows the browsers; visitors choose the text.
import Bowser from "bowser";
import type { KnownDevice } from "../core/admin/device.ts";
import { Recent } from "../core/util/recent.ts";

export interface DeviceName {
  /** `"Firefox"`; `undefined` where it is none that is known. */
  readonly browser: string | undefined;
  /** `"macOS"`; `undefined` where it is none that is known. */
  readonly system: string | undefined;
  readonly kind: "desktop" | "mobile" | "tablet" | "other";
}

const UNKNOWN: DeviceName = { browser: undefined, system: undefined, kind: "other" };

/** Few texts name many devices. */
const names = new Recent<string, DeviceName>(1_000);

export function deviceName(userAgent: string | undefined): DeviceName {
  if (!userAgent) return UNKNOWN;
  const known = names.get(userAgent);
  if (known) return known;
  const name = parse(userAgent);
  names.set(userAgent, name);
  return name;
}

function parse(userAgent: string): DeviceName {
  const { browser, os, platform } = Bowser.parse(userAgent);
  const kind = platform.type;
  return {
    browser: browser.name || undefined,
    system: os.name || undefined,
    kind: kind === "desktop" || kind === "mobile" || kind === "tablet" ? kind : "other",
  };
}

/** Everything that is known of a device, in small letters, to search in. */
export function deviceText(device: KnownDevice | undefined): string {
  if (!device) return "";
  const { browser = "", system = "" } = deviceName(device.userAgent);
  const { userAgent = "", address = "", place = "" } = device;
  return `${browser} on ${system}\n${userAgent}\n${address}\n${place}`.toLowerCase();
}

// The files that the pages bring along, as they are served: by a name that changes with the content.
import { createHash } from "node:crypto";
import { icon, script, style } from "./generated.ts";

export interface Asset {
  readonly type: string;
  readonly text: string;
}

type AssetName = "style" | "script" | "icon";

const files: Readonly<Record<AssetName, Asset & { readonly ending: string }>> = {
  style: { text: style, ending: "css", type: "text/css; charset=utf-8" },
  script: { text: script, ending: "js", type: "text/javascript; charset=utf-8" },
  icon: { text: icon, ending: "svg", type: "image/svg+xml" },
};

/** Their names, for links. */
export const assetNames: Readonly<Record<AssetName, string>> = {
  style: nameOf("style"),
  script: nameOf("script"),
  icon: nameOf("icon"),
};

export const assets: ReadonlyMap<string, Asset> = new Map([
  [assetNames.style, files.style],
  [assetNames.script, files.script],
  [assetNames.icon, files.icon],
]);

function nameOf(name: AssetName): string {
  const { text, ending } = files[name];
  return `${name}-${createHash("sha256").update(text).digest("base64url").slice(0, 10)}.${ending}`;
}

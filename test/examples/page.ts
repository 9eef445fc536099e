// A page as its reader sees it: its text, and its forms with what a browser would send.

export interface Form {
  /** The address it is sent to, whole. */
  readonly action: string;
  readonly method: string;
  readonly isMultipart: boolean;
  /** Fields that the page fills in by itself. */
  readonly hidden: readonly (readonly [name: string, value: string])[];
  /** Names of the fields that the visitor fills in. */
  readonly fields: readonly string[];
  readonly text: string;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

export function textOf(html: string): string {
  const text = html
    .replace(/<!--.*?-->|<(script|style|head|title)\b.*?<\/\1>/gs, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
  return decodeEntities(text).trim();
}

export function formsOf(html: string, address: string): Form[] {
  return [...html.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)].map(([, tag = "", inside = ""]) => {
    const inputs = [...inside.matchAll(/<input\b([^>]*)>/gs)].map(([, input = ""]) => attributesOf(input));
    const attributes = attributesOf(tag);
    return {
      action: new URL(attributes.get("action") || address, address).href,
      method: (attributes.get("method") ?? "get").toUpperCase(),
      isMultipart: attributes.get("enctype")?.toLowerCase() === "multipart/form-data",
      hidden: inputs
        .filter((input) => input.get("type") === "hidden")
        .map((input) => [input.get("name") ?? "", input.get("value") ?? ""] as const),
      fields: inputs.filter((input) => input.get("type") !== "hidden").map((input) => input.get("name") ?? ""),
      text: textOf(inside),
    };
  });
}

function attributesOf(tag: string): ReadonlyMap<string, string> {
  const attributes = [...tag.matchAll(/([\w$:-]+)(?:=(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g)];
  return new Map(
    attributes.map(([, name = "", double, single, bare]) => [
      name.toLowerCase(),
      decodeEntities(double ?? single ?? bare ?? ""),
    ]),
  );
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (entity, decimal, hexadecimal, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hexadecimal) return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    return ENTITIES[String(name).toLowerCase()] ?? entity;
  });
}

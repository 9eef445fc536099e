// Cookies as people paste them: a value, a pair, or a whole header; and what happened to a value on its way.
// It knows no kind of cookie.
import type { Problem } from "./report.ts";

export interface PastedCookie {
  readonly name: string | undefined;
  readonly value: string;
}

/** The cookies in a text: `value`, `name=value`, `Cookie: a=b; c=d`, or `Set-Cookie: a=b; Path=/`. */
export function parsePasted(text: string): PastedCookie[] {
  const line = text.trim();
  const header = /^(set-)?cookie:\s*/i.exec(line);
  const pairs = line.slice(header?.[0].length ?? 0).split(/;\s*/);
  // Attributes of Set-Cookie come after the one pair that counts.
  const isSetCookie = header?.[1] !== undefined || pairs.slice(1).some((pair) => /^(path=|httponly$)/i.test(pair));
  return (isSetCookie ? pairs.slice(0, 1) : pairs).filter((pair) => pair !== "").map(parsePair);
}

function parsePair(pair: string): PastedCookie {
  const at = pair.indexOf("=");
  // Padding at the end is part of a value.
  if (at === -1 || /^=*$/.test(pair.slice(at))) return { name: undefined, value: pair.trim() };
  return { name: pair.slice(0, at).trim(), value: pair.slice(at + 1).trim() };
}

/** A value as it was before something on its way has changed it, as far as that can be told. */
export interface Restored {
  readonly text: string;
  /** How often it was URL-encoded. */
  readonly encodings: number;
  readonly problems: readonly Problem[];
}

export function restore(value: string): Restored {
  const problems: Problem[] = [];
  let text = value;
  if (/^".*"$/.test(text)) {
    text = text.slice(1, -1);
    problems.push({ code: "quoted", message: "It stands in quotes. Send the value without them." });
  }
  let encodings = 0;
  for (; encodings < 4 && /%[\da-f]{2}/i.test(text); encodings++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      problems.push({ code: "truncated", message: "It ends within a %-code: the end is missing." });
      text = text.replace(/%.?$/, "");
      break;
    }
  }
  if (/\s/.test(text)) {
    problems.push({
      code: "whitespace",
      message: "There are blanks in it: a + may have been decoded, or a line broken.",
    });
    text = text.replace(/\s/g, "");
  }
  return { text, encodings, problems };
}

/** The problem of a value that was encoded more often than its kind is. */
export function encodedTooOften(encodings: number, usual: number): Problem[] {
  if (encodings <= usual) return [];
  const times = ["once", "twice", "three times", "four times"][encodings - 1] ?? "often";
  const code = encodings > 1 ? "url-encoded-twice" : "url-encoded";
  const remedy = "Something between browser and app encodes cookies; pass the Cookie header on as it is.";
  return [
    { code, message: `It is URL-encoded ${times}, and should be ${usual === 0 ? "not at all" : "once"}. ${remedy}` },
  ];
}

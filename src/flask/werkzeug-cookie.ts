// The values of cookies as werkzeug writes and reads them: what can't stand in a header is quoted, byte by byte.

/** Values of these characters alone stand as they are. */
const PLAIN = /^[\w!#$%&'()*+\-./:<=>?@[\]^`{|}~]*$/;
const ESCAPE = /\\([0-3][0-7]{2}|[\s\S])/g;

/** `a,b` -> `"a\054b"`. */
export function quoteCookieValue(value: string): string {
  return PLAIN.test(value) ? value : `"${Array.from(Buffer.from(value), quoteByte).join("")}"`;
}

function quoteByte(byte: number): string {
  const character = String.fromCharCode(byte);
  if (character === '"' || character === "\\") return `\\${character}`;
  const isPlain = byte >= 0x20 && byte < 0x7f && character !== "," && character !== ";";
  return isPlain ? character : `\\${byte.toString(8).padStart(3, "0")}`;
}

/** The cookies of a Cookie header, in its order. Nothing is percent-decoded. */
export function parseCookies(header: string): [name: string, value: string][] {
  // Headers come as one character for each byte.
  const text = Buffer.from(header, "latin1").toString();
  return text.split(";").flatMap((pair): [string, string][] => {
    const [name = "", ...rest] = pair.split("=");
    return name.trim() === "" ? [] : [[name.trim(), unquote(rest.join("=").trim())]];
  });
}

function unquote(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  const bytes = Buffer.from(value.slice(1, -1)).toString("latin1");
  const unescaped = bytes.replace(ESCAPE, (_, found: string) =>
    found.length === 3 ? String.fromCharCode(Number.parseInt(found, 8)) : found,
  );
  return Buffer.from(unescaped, "latin1").toString();
}

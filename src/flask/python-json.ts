// JSON as Flask's `json.dumps` writes it: keys in order, and everything beyond ASCII escaped.

/** What stands between members, and between a key and its value. */
interface Separators {
  readonly item: string;
  readonly key: string;
}

/** As `jsonify` has it. */
export const COMPACT: Separators = { item: ",", key: ":" };
/** As `json.dumps` has it, and the filter `tojson`. */
export const SPACED: Separators = { item: ", ", key: ": " };

/** `undefined` for what JSON has no word for. */
export function pythonJson(value: unknown, separators: Separators): string | undefined {
  // Through JavaScript's own JSON first, for toJSON, dates and what is left out.
  const text = JSON.stringify(value, (_, inner: unknown) => (inner instanceof Date ? inner.toUTCString() : inner));
  return text === undefined ? undefined : write(JSON.parse(text), separators);
}

function write(value: unknown, separators: Separators): string {
  const { item, key: colon } = separators;
  if (typeof value === "string") return quote(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `[${value.map((member) => write(member, separators)).join(item)}]`;
  const members = Object.entries(value).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${members.map(([key, member]) => quote(key) + colon + write(member, separators)).join(item)}}`;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

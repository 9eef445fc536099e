// Where a page of everyone's sessions ends, as the text that the next page is asked for with: a time and a key, or a key
// alone. Whoever asks may have made the text up, so what is read from it is a number and a text and no more than that.

/** A place in the order by time and then key, or in that by key. */
export interface Place {
  readonly time: number | undefined;
  readonly key: string;
}

const SEPARATOR = ":";

export function cursorOf({ time, key }: Place): string {
  return `${time ?? ""}${SEPARATOR}${key}`;
}

/** `undefined` for a text that names no place. */
export function placeOf(cursor: string): Place | undefined {
  const end = cursor.indexOf(SEPARATOR);
  if (end === -1) return undefined;
  const [text, key] = [cursor.slice(0, end), cursor.slice(end + SEPARATOR.length)];
  if (text === "") return { time: undefined, key };
  const time = Number(text);
  return Number.isFinite(time) ? { time, key } : undefined;
}

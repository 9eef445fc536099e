// Some versions of V8 misread a key of one character that JSON spells with a backslash, after they have met a key that is a
// backslash (nodejs/node#63785). Whoever writes JSON objects with keys that others choose asks here, and spells them otherwise.

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them, and so they are among the misread ones.
const MISREAD = /^["\u0000-\u001f\ud800-\udfff]$/;

/** Whether a key must not stand in a JSON object as it is. */
export function isMisread(key: string): boolean {
  return key.length === 1 && MISREAD.test(key);
}

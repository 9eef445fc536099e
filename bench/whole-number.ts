// Options of the command lines that are numbers.

/** @throws Error that names the option, when its value is no whole number above zero. */
export function wholeNumber(option: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${option} is ${text}. Give a whole number above zero.`);
}

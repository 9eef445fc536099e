// Which names may log in. There is no password in this program: it shows sessions, not accounts.

/** In characters, as people count them. */
const MAX_LENGTH = 64;

/** What is wrong with a name, if anything. */
export function checkName(name: string): "nameMissing" | "nameTooLong" | undefined {
  if (name === "") return "nameMissing";
  return [...name].length > MAX_LENGTH ? "nameTooLong" : undefined;
}

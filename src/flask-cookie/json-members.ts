// The members of a JSON object, as they are written: what Python spells in its own way, such as 1.0, can be kept so.

/** Strings whole, what structures, and everything else that is no blank. No text is looked into twice. */
const TOKEN = /"(?:[^"\\]+|\\[\s\S])*"|[[\]{}:,]|[^\s"[\]{}:,]+/g;

/**
 * Each member of a JSON object by its key: key, colon and value as they are in the text.
 * @param json Valid JSON of an object.
 */
export function splitMembers(json: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let depth = 0;
  let member: { readonly key: string; readonly start: number } | undefined;
  let end = 0;
  for (const { 0: token, index } of json.matchAll(TOKEN)) {
    const isEnd = depth === 1 && (token === "," || token === "}");
    if (isEnd && member) members.set(member.key, json.slice(member.start, end));
    if (isEnd) member = undefined;
    else if (depth === 1) member ??= { key: JSON.parse(token) as string, start: index };
    depth += depthChange(token);
    end = index + token.length;
  }
  return members;
}

function depthChange(token: string): number {
  if (token === "{" || token === "[") return 1;
  return token === "}" || token === "]" ? -1 : 0;
}

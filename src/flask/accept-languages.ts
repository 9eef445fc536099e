// Which of an app's languages a browser asks for. Hono reads the header; the choice is RFC 4647's lookup.
import type { Context } from "hono";
import { accepts } from "hono/accepts";

export interface AcceptLanguages {
  /**
   * The language that the visitor wants most, of those that there are; `fallback` when it is none of them. `zh` serves
   * a visitor who asks for `zh-CN`, and the other way round. The response should say `Vary: Accept-Language`.
   *
   * @param languages Language tags: `["en", "zh"]`.
   * @param fallback Default: the first of them.
   */
  bestMatch(languages: readonly [string, ...string[]], fallback?: string): string;
}

export function createAcceptLanguages(c: Context): AcceptLanguages {
  return {
    bestMatch: (languages, fallback = languages[0]) =>
      accepts(c, { header: "Accept-Language", supports: [...languages], default: fallback, match: lookUp }),
  };
}

type Match = NonNullable<Parameters<typeof accepts>[1]["match"]>;

const lookUp: Match = (ranges, { supports, default: fallback }) => {
  const wanted = ranges.filter(({ q }) => q > 0).toSorted((a, b) => b.q - a.q);
  const refused = ranges.filter(({ q }) => q === 0).map(({ type }) => type);
  for (const { type } of wanted) {
    const found = supports.find(
      (tag) => (type === "*" || isAkin(tag, type)) && !refused.some((range) => isAkin(tag, range)),
    );
    if (found !== undefined) return found;
  }
  return fallback;
};

/** Whether one tag is the other, or its beginning: zh and zh-CN. */
function isAkin(one: string, other: string): boolean {
  const [short = "", long = ""] = [one.toLowerCase(), other.toLowerCase()].sort((a, b) => a.length - b.length);
  return long === short || long.startsWith(`${short}-`);
}

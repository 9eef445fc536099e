// How many sessions a page has, of `list` and `browse`, when nobody says how many.

/** The contract in `store.ts` names it. */
export const DEFAULT_PAGE = 100;

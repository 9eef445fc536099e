// What the pages say: one shape, a file for each language. Numbers and dates come in as text, already in the language.
import type { SearchBy, SortBy } from "../list-query.ts";

export interface Texts {
  /** For `<html lang>` and `Intl`. */
  readonly lang: string;
  readonly skip: string;
  readonly navigation: string;
  readonly sessions: string;
  readonly activity: string;
  readonly signedInAs: string;
  readonly cancel: string;
  readonly nobody: string;
  readonly unknown: string;
  readonly none: string;
  readonly yes: string;

  readonly list: {
    readonly title: string;
    readonly active: string;
    readonly estimate: string;
    readonly loginsHour: string;
    readonly endedHour: string;
    readonly refusedHour: string;
    readonly store: string;
    readonly searchIn: string;
    readonly by: Readonly<Record<SearchBy, string>>;
    readonly searchFor: string;
    readonly search: string;
    readonly clear: string;
    readonly hints: Readonly<Record<SearchBy, string>>;
    readonly columns: Readonly<Record<SortBy | "select" | "device" | "key" | "actions", string>>;
    readonly sortBy: (column: string) => string;
    readonly selectAll: string;
    readonly selectOne: (key: string) => string;
    readonly ofOwner: (owner: string) => string;
    readonly caption: string;
    readonly order: Readonly<Record<"recent" | "any" | "sorted" | "owner", string>>;
    readonly shown: (count: string, total: string | undefined) => string;
    readonly lookedThrough: (looked: string, found: string) => string;
    readonly lookOn: string;
    readonly first: string;
    readonly next: string;
    readonly pages: string;
    readonly empty: string;
    readonly nothingYet: string;
    readonly emptySearch: string;
    readonly cannotList: Readonly<Record<"everyone" | "anyone", string>>;
    readonly you: string;
    readonly ended: (count: number, text: string) => string;
  };

  readonly end: {
    readonly one: string;
    readonly oneLabel: (key: string) => string;
    readonly selected: string;
    readonly all: (owner: string) => string;
    readonly allButMine: string;
    readonly askOne: (owner: string | undefined) => string;
    readonly askSelected: (count: string) => string;
    readonly askAll: (owner: string) => string;
    readonly askAllButMine: string;
    readonly consequence: string;
    readonly title: string;
    readonly confirm: string;
  };

  readonly session: {
    readonly title: string;
    readonly back: string;
    readonly key: string;
    readonly owner: string;
    readonly began: string;
    readonly active: string;
    readonly ends: string;
    readonly device: string;
    readonly userAgent: string;
    readonly address: string;
    readonly place: string;
    readonly data: string;
    readonly name: string;
    readonly size: string;
    readonly value: string;
    readonly noData: string;
    readonly valuesHidden: string;
    readonly missing: string;
    readonly broken: string;
    readonly allOf: (owner: string) => string;
  };

  readonly devices: {
    readonly title: string;
    readonly intro: (count: number, text: string) => string;
    readonly here: string;
    readonly lastSeen: string;
    readonly loggedIn: string;
    readonly place: string;
    readonly address: string;
    readonly logOut: string;
    readonly logOutLabel: (device: string) => string;
    readonly logOutOthers: string;
    readonly askOne: (device: string) => string;
    readonly askOthers: string;
    readonly done: (count: number, text: string) => string;
    readonly device: (browser: string | undefined, system: string | undefined) => string;
    readonly notLoggedIn: string;
    readonly notLoggedInText: string;
    readonly loggedOut: string;
    readonly confirm: string;
  };

  readonly charts: {
    readonly title: string;
    readonly range: string;
    readonly hour: string;
    readonly day: string;
    readonly live: string;
    readonly scope: (since: string) => string;
    readonly noLibrary: string;
    readonly table: string;
    readonly time: string;
    readonly nothing: string;
    readonly names: Readonly<Record<"active" | "logins" | "endings" | "refusals" | "latency" | "traffic", string>>;
    readonly about: Readonly<Record<"active" | "logins" | "endings" | "refusals" | "latency" | "traffic", string>>;
    readonly series: Readonly<
      Record<
        | "active"
        | "logins"
        | "revoked"
        | "loggedOut"
        | "malformed"
        | "signature"
        | "unknown"
        | "median"
        | "p95"
        | "longest"
        | "reads"
        | "writes"
        | "touches",
        string
      >
    >;
    readonly last: (value: string) => string;
    readonly sum: (value: string) => string;
    readonly most: (value: string) => string;
  };

  readonly health: {
    readonly title: string;
    readonly store: string;
    readonly state: string;
    readonly available: string;
    readonly unavailable: string;
    readonly since: string;
    readonly order: string;
    readonly recent: string;
    readonly any: string;
    readonly latency: string;
    readonly failures: string;
    readonly swept: string;
    readonly gone: string;
    readonly errors: string;
    readonly noErrors: string;
    readonly operation: string;
    readonly error: string;
    readonly time: string;
  };

  readonly problems: {
    readonly closedTitle: string;
    readonly closed: string;
    readonly closedHow: string;
    readonly forbiddenTitle: string;
    readonly forbidden: string;
    readonly forgedTitle: string;
    readonly forged: string;
    readonly missingTitle: string;
    readonly missing: string;
    readonly unavailableTitle: string;
    readonly unavailable: string;
    readonly tooLargeTitle: string;
    readonly back: string;
  };
}

// What the editor tells a user: a consumer's code is compiled and completed by the TypeScript that it uses.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compile } from "./compile.ts";

const byGeneric = (use: string): string => `
import { createSessions } from "coatcheck";
const sessions = createSessions<{ username?: string; cart?: { item: string; count: number }[]; at?: Date }>({
  secret: process.env["SESSION_SECRET"] ?? "",
});
const { session } = await sessions.open(undefined);
${use}
export {};
`;

const byAugmentation = (use: string): string => `
import { Hono } from "hono";
import { type SessionEnv, session as sessionMiddleware } from "coatcheck/hono";
declare module "coatcheck" {
  interface SessionData { username?: string; cart?: { item: string; count: number }[]; at?: Date }
}
const app = new Hono<SessionEnv>();
app.use(sessionMiddleware({ secret: "" }));
app.get("/", (c) => {
  const session = c.get("session");
  ${use}
  return c.text("");
});
`;

const accepted = [
  'session.username = "admin"; const name: string | undefined = session.username; void name;',
  'const gone: string | null = session.pop("username", null); void gone;',
  "delete session.username;",
  "session.username = undefined; session.set('username', undefined); session.set('at', new Date());",
  'const has: boolean = "username" in session; void has;',
  "session.cart?.push({ item: 'apple', count: 1 });",
  "session.cart = session.setDefault('cart', []);",
  "session.update({ at: new Date() }); session.permanent = true;",
  "await session.login('ada'); const count: number = await session.transaction((s) => s.cart?.length ?? 0); void count;",
  "const owner: string | undefined = session.owner; const signal: AbortSignal = session.signal; void owner; void signal;",
];

const refused: [string, RegExp][] = [
  ["session.usernam;", /Property 'usernam' does not exist/],
  ["session.username = () => 1;", /not assignable to type 'string/],
  ["session.username = 5;", /not assignable to type 'string/],
  ["session.login = 5;", /not assignable/],
  ["session.id = 'x';", /read-only/],
  ['session.get("usernam");', /not assignable to parameter/],
  ["session.update({ username: 5 });", /not assignable to type 'string/],
  ['session.set("username", 5);', /not assignable to parameter of type 'string/],
  ['session.set("usernam", "ada");', /not assignable to parameter/],
  ["session.login(5);", /not assignable to parameter of type 'string'/],
];

for (const resolution of ["node16", "bundler"] as const) {
  describe(`types under ${resolution}`, () => {
    for (const [way, wrap] of [
      ["generic", byGeneric],
      ["augmented", byAugmentation],
    ] as const) {
      const body = (use: string): string => wrap(use).replace("(c) => {", "async (c) => {");
      test(`${way}: the editor completes keys and controls`, () => {
        const { completions } = compile(body("session./*here*/;"), resolution);
        for (const name of ["username", "cart", "login", "pop", "transaction"])
          assert(completions.includes(name), name);
      });
      test(`${way}: what is right compiles`, () => {
        assert.deepEqual(compile(body(accepted.join("\n")), resolution).errors, []);
      });
      for (const [use, message] of refused) {
        test(`${way}: ${use} is refused`, () => {
          const { errors } = compile(body(use), resolution);
          assert.equal(errors.length, 1, errors.join("\n"));
          assert.match(errors[0] ?? "", message);
        });
      }
    }
  });
}

const badData: [string, string][] = [
  ["a function", "{ run?: () => void }"],
  ["a nested function", "{ user?: { save(): void } }"],
  ["a reserved name", "{ login?: string }"],
  ["a reserved name that is required", "{ id: string }"],
  ["a symbol", "{ mark?: symbol }"],
];
for (const [name, type] of badData) {
  test(`a type of session data with ${name} is refused`, () => {
    const { errors } = compile(
      `import { createSessions } from "coatcheck"; createSessions<${type}>({ secret: "" });`,
      "node16",
    );
    assert.equal(errors.length, 1, errors.join("\n"));
  });
}

for (const type of ["{ owner?: string }", "{ owner: string }", "{ username?: string; owner?: { id: number } }"]) {
  test(`the error about a reserved name says that it is a control: ${type}`, () => {
    const { errors } = compile(
      `import { createSessions } from "coatcheck"; createSessions<${type}>({ secret: "" });`,
      "node16",
    );
    assert.match(errors.join(), /owner is a control of the session: choose another name for the key/);
  });
}

test("a reserved name is refused whatever its type", () => {
  const code = `import { createSessions } from "coatcheck"; createSessions<{ owner: any }>({ secret: "" });`;
  assert.equal(compile(code, "node16").errors.length, 1);
});

test("the codes of errors are a union: a switch over them knows them all, and no others", () => {
  const statement = (code: string): string =>
    `import { SessionError } from "coatcheck";
     declare const error: SessionError;
     switch (error.code) { case "${code}": break; }`;
  assert.deepEqual(compile(statement("SESSION_GONE"), "node16").errors, []);
  assert.match(compile(statement("SESSION_GONNE"), "node16").errors.join(), /is not comparable to type/);
});

test("a copy of a session by structuredClone is typed as its data and controls; a spread makes it clonable", () => {
  const use =
    "const copy = structuredClone({ ...session }); const name: string | undefined = copy.username; void name;";
  assert.deepEqual(compile(byGeneric(use), "node16").errors, []);
});

test("interfaces, nested data, unknown and every storable type are accepted as session data", () => {
  const { errors } = compile(
    `import { createSessions, type SessionValue } from "coatcheck";
     interface User { name: string; tags: Set<string>; seen: Map<string, Date>; big: bigint; raw: Uint8Array }
     interface Data { user?: User; users?: readonly User[]; pair?: [number, string]; maybe?: string | null }
     createSessions<Data>({ secret: "" });
     createSessions<Record<string, unknown>>({ secret: "" });
     createSessions<Record<string, SessionValue | undefined>>({ secret: "" });
     createSessions({ secret: "" });`,
    "bundler",
  );
  assert.deepEqual(errors, []);
});

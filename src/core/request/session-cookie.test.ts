import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCookie } from "cookie";
import fc from "fast-check";
import { SessionOptionError } from "../errors.ts";
import { type CookieOptions, createSessionCookie, findCookieValues } from "./session-cookie.ts";

const http = (): boolean => false;
const https = (): boolean => true;

test("S15 the defaults: HttpOnly, SameSite=Lax, Path=/, no Domain, no Max-Age", () => {
  assert.equal(createSessionCookie().issue("v", http), "session=v; Path=/; HttpOnly; SameSite=Lax");
});

test("S16 Secure where the request came by https, always where it is asked for, with __Host- by default then", () => {
  assert.match(createSessionCookie().issue("v", https), /; Secure/);
  assert.match(createSessionCookie({ secure: true }).issue("v", http), /^__Host-Http-session=v;.*; Secure/);
  assert.match(createSessionCookie({ name: "__Secure-id" }).issue("v", http), /^__Secure-id=v;.*; Secure/);
  assert.doesNotMatch(createSessionCookie({ secure: false }).issue("v", https), /Secure/);
});

test("S16 the default name has the strictest prefix that its attributes allow", () => {
  const defaults: [CookieOptions, string][] = [
    [{}, "session"],
    [{ secure: true }, "__Host-Http-session"],
    [{ secure: true, path: "/" }, "__Host-Http-session"],
    [{ secure: true, httpOnly: false }, "__Host-session"],
    [{ secure: true, path: "/app" }, "session"],
    [{ secure: true, domain: "example.com" }, "session"],
    [{ secure: "auto" }, "session"],
  ];
  for (const [options, name] of defaults) assert.equal(createSessionCookie(options).name, name);
  assert.match(createSessionCookie({ name: "__Http-sid" }).issue("v", http), /; Secure/);
});

test("a value in quotation marks is found without them", () => {
  const { find } = createSessionCookie();
  assert.deepEqual(find('a=1; session="v.w"; session=x; session="; session=""'), ["v.w", "x", '"', ""]);
});

const contradictions: [string, CookieOptions, string][] = [
  ["S17 SameSite=None without Secure", { sameSite: "none" }, "cookie.sameSite"],
  ["S17 Partitioned without Secure", { partitioned: true }, "cookie.partitioned"],
  ["S17 Partitioned with Secure only sometimes", { partitioned: true, secure: "auto" }, "cookie.partitioned"],
  ["S16 __Host- with a domain", { name: "__Host-a", domain: "example.com" }, "cookie.domain"],
  ["S16 __Host- with a path", { name: "__Host-a", path: "/app" }, "cookie.path"],
  ["S16 __Host- without Secure", { name: "__Host-a", secure: false }, "cookie.secure"],
  ["S16 __Http- readable by scripts", { name: "__Http-sid", httpOnly: false, secure: true }, "cookie.httpOnly"],
  ["S16 __Http- without Secure", { name: "__Http-sid", secure: false }, "cookie.secure"],
  ["S16 __Http- with Secure only sometimes", { name: "__http-sid", secure: "auto" }, "cookie.secure"],
  ["S16 __Host-Http- readable by scripts", { name: "__Host-Http-a", httpOnly: false, secure: true }, "cookie.httpOnly"],
  ["S16 __Host-Http- with a domain", { name: "__host-http-a", domain: "example.com" }, "cookie.domain"],
  ["S16 __Host-Http- with a path", { name: "__Host-Http-a", path: "/app" }, "cookie.path"],
  ["S16 __secure- in any case without Secure", { name: "__secure-a", secure: "auto" }, "cookie.secure"],
  ["a name with a semicolon", { name: "a;b" }, "cookie.name"],
  ["an empty name", { name: "" }, "cookie.name"],
  ["S21 a name that alone is too long for browsers", { name: "n".repeat(4096) }, "cookie.name"],
  ["a path that would end the attribute", { path: "/;Domain=evil" }, "cookie.path"],
  ["a domain that is none", { domain: "a b" }, "cookie.domain"],
];
for (const [name, options, option] of contradictions) {
  test(`${name} is refused at start, naming the option`, () => {
    assert.throws(
      () => createSessionCookie(options),
      (error) => error instanceof SessionOptionError && error.option === option && error.message.length > 40,
    );
  });
}

test("all values of the name are found, in the header's order, and no other's", () => {
  const header = "a=1; session=x; xsession=no; session = no; session=; asession=no;session=y;\tsession=z ";
  assert.deepEqual(findCookieValues(header, "session="), ["x", "", "y", "z"]);
});

test("S22 any header is survived, and agrees with the cookie library on the first value", () => {
  const part = fc.oneof(
    fc.constantFrom("session", "=", ";", "; ", " ", '"', "a", "session=v", "\0", "\t"),
    fc.string(),
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 40 }).map((parts) => parts.join("")),
      (header) => {
        const values = findCookieValues(header, "session=");
        const reference = parseCookie(header, { decode: (value) => value })["session"];
        if (values.length > 0 && reference !== undefined && !/session[ \t]+=/.test(header)) {
          // The library leaves quotation marks to `decode`.
          assert.equal(values[0], /^".*"$/s.test(reference) ? reference.slice(1, -1) : reference);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});

test("S22 a header of 270 KB with 20,000 cookies of the name is read whole", () => {
  const header = `${" ".repeat(100_000)}session=${"session=".repeat(10_000)};${"session=a;".repeat(10_000)}`;
  assert.equal(findCookieValues(header, "session=").length, 10_001);
});

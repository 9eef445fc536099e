import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { CsrfError, SessionOptionError } from "../errors.ts";
import { type CsrfOptions, type CsrfRequest, verifyCsrf } from "./csrf.ts";

const OWN = "https://app.example";
const TOKEN = "the right token";
const session = { verifyCsrfToken: (token: unknown): boolean => token === TOKEN };

type Headers = Readonly<Record<string, string>>;

function requestOf(headers: Headers, rest: Partial<CsrfRequest> = {}): CsrfRequest {
  return { method: "POST", headers: { get: (name) => headers[name] ?? null }, origin: OWN, token: TOKEN, ...rest };
}

/** The check that refuses; `undefined` where the request passes. */
function refusal(request: CsrfRequest, options?: CsrfOptions): CsrfError["check"] | undefined {
  try {
    verifyCsrf(request, session, options);
    return undefined;
  } catch (error) {
    assert(error instanceof CsrfError);
    assert.deepEqual([error.code, error.status], ["CSRF", 403]);
    assert.doesNotMatch(error.message, /the right token|a wrong token/);
    return error.check;
  }
}

describe("S36 the header checks", () => {
  const trustedOrigins = ["https://www.app.example"];
  const cases: [Headers, CsrfError["check"] | undefined][] = [
    [{}, undefined],
    [{ "sec-fetch-site": "same-origin" }, undefined],
    [{ "sec-fetch-site": "none" }, undefined],
    [{ "sec-fetch-site": "same-origin", origin: "null" }, undefined],
    [{ "sec-fetch-site": "same-site" }, "site"],
    [{ "sec-fetch-site": "cross-site" }, "site"],
    [{ "sec-fetch-site": "" }, "site"],
    [{ "sec-fetch-site": "SAME-ORIGIN" }, "site"],
    [{ "sec-fetch-site": "same-origin, cross-site" }, "site"],
    // What the browser says of the site counts more than an origin that looks right.
    [{ "sec-fetch-site": "cross-site", origin: OWN }, "site"],
    [{ "sec-fetch-site": "cross-site", origin: "https://www.app.example" }, undefined],
    [{ "sec-fetch-site": "same-site", origin: "https://www.app.example" }, undefined],
    [{ "sec-fetch-site": "same-site", origin: "https://blog.app.example" }, "site"],
    [{ origin: OWN }, undefined],
    [{ origin: "https://www.app.example" }, undefined],
    [{ origin: "null" }, "origin"],
    [{ origin: "" }, "origin"],
    [{ origin: "https://evil.example" }, "origin"],
    [{ origin: "https://app.example.evil.example" }, "origin"],
    [{ origin: "https://evilapp.example" }, "origin"],
    [{ origin: "https://app.example:8443" }, "origin"],
    [{ origin: "http://app.example" }, "origin"],
    [{ origin: "https://app.example/" }, "origin"],
    [{ origin: "https://app.example@evil.example" }, "origin"],
    [{ origin: "https://APP.example" }, "origin"],
    [{ origin: `${OWN} https://evil.example` }, "origin"],
    [{ origin: `${OWN}, ${OWN}` }, "origin"],
    [{ origin: "app.example" }, "origin"],
    [{ origin: `https://${"x".repeat(10_000)}` }, "origin"],
  ];
  for (const [headers, expected] of cases) {
    test(`${JSON.stringify(headers).slice(0, 100)} ${expected === undefined ? "passes" : "is refused"}`, () => {
      for (const token of ["required", "optional"] as const) {
        assert.equal(refusal(requestOf(headers), { trustedOrigins, token }), expected);
      }
    });
  }

  test("an https page of the same host passes where a proxy makes the request look like http, and not the opposite", () => {
    const from = (origin: string, own: string) => refusal(requestOf({ origin }, { origin: own }));
    assert.equal(from("https://app.example", "http://app.example"), undefined);
    assert.equal(from("https://app.example", "http://app.example:443"), undefined);
    assert.equal(from("https://app.example:8443", "http://app.example:8443"), undefined);
    assert.equal(from("https://app.example:8443", "http://app.example"), "origin");
    assert.equal(from("https://www.app.example", "http://app.example"), "origin");
    assert.equal(from("http://app.example", "https://app.example"), "origin");
  });

  test("the request's own origin counts in any spelling, and not at all where it is none", () => {
    const to = (own: string) => refusal(requestOf({ origin: OWN }, { origin: own }));
    for (const own of ["https://app.example:443", "https://APP.example"]) assert.equal(to(own), undefined);
    for (const own of ["", "https://", "app.example", "https://app.example/x", "https://x@app.example"]) {
      assert.equal(to(own), "origin", own);
    }
  });
});

describe("S36 the token", () => {
  test("in the header goes before that of the form", () => {
    assert.equal(refusal(requestOf({ "x-csrf-token": TOKEN }, { token: "a wrong token" })), undefined);
    assert.equal(refusal(requestOf({ "x-csrf-token": "a wrong token" })), "token");
    assert.equal(refusal(requestOf({ "x-csrf-token": "" })), "token");
    assert.equal(refusal(requestOf({ "x-own": TOKEN }, { token: undefined }), { header: "X-Own" }), undefined);
  });

  test("is needed unless it is optional; one that is sent must be right in any case", () => {
    for (const none of [undefined, null]) {
      assert.equal(refusal(requestOf({}, { token: none })), "token");
      assert.equal(refusal(requestOf({}, { token: none }), { token: "optional" }), undefined);
    }
    for (const wrong of ["", "a wrong token", [TOKEN], { 0: TOKEN }, 7, true]) {
      assert.equal(refusal(requestOf({}, { token: wrong })), "token");
      assert.equal(refusal(requestOf({}, { token: wrong }), { token: "optional" }), "token");
    }
  });

  test("does not make up for a wrong origin, nor the right origin for a wrong token", () => {
    assert.equal(refusal(requestOf({ origin: "https://evil.example", "x-csrf-token": TOKEN })), "origin");
    assert.equal(refusal(requestOf({ origin: OWN, "x-csrf-token": "a wrong token" })), "token");
  });

  test("of a real session is bound to it, and ends with its ID", async () => {
    const { sessions } = createTestManager();
    const [ada, grace] = [createVisitor(sessions), createVisitor(sessions)];
    const token = await ada.request((own) => own.csrfToken);
    await grace.request((own) => own.csrfToken);
    const passes = (visitor: typeof ada) =>
      visitor.request((own) => {
        try {
          verifyCsrf(requestOf({}, { token }), own);
          return true;
        } catch (error) {
          assert(error instanceof CsrfError && !error.message.includes(token));
          return false;
        }
      });
    assert.deepEqual([await passes(ada), await passes(grace)], [true, false]);
    await ada.request((own) => own.login("ada"));
    assert.equal(await passes(ada), false);
  });

  test("outlives the flash messages that were all the session held", async () => {
    const { sessions } = createTestManager();
    const visitor = createVisitor(sessions);
    await visitor.request((own) => own.flash("Please log in"));
    const token = await visitor.request((own) => {
      own.takeFlashes();
      return own.csrfToken;
    });
    assert.equal(await visitor.request((own) => own.verifyCsrfToken(token)), true);
  });

  test("outlives renewals of the ID, on pages of before, during and after, and ends with a login", async () => {
    const { sessions, clock } = createTestManager({ renewInterval: "10m" });
    const visitor = createVisitor(sessions);
    const tokens = [await visitor.request((own) => own.csrfToken)];
    const ids = new Set<string>();
    for (let renewals = 0; renewals < 3; renewals++) {
      clock.advance(10 * 60_000);
      tokens.push(await visitor.request((own) => own.csrfToken));
      ids.add(await visitor.request((own) => own.id));
    }
    assert.equal(ids.size, 3);
    const verdicts = () => visitor.request((own) => tokens.map((token) => own.verifyCsrfToken(token)));
    assert.deepEqual(await verdicts(), [true, true, true, true]);
    await visitor.request((own) => own.login("ada"));
    assert.deepEqual(await verdicts(), [false, false, false, false]);
    const after = await visitor.request((own) => own.csrfToken);
    await visitor.request((own) => own.regenerate());
    assert.equal(await visitor.request((own) => own.verifyCsrfToken(after)), false);
  });
});

test("S36 methods that change nothing pass, whatever they bring", () => {
  const hostile = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "x-csrf-token": "a wrong token" };
  for (const method of ["GET", "HEAD", "OPTIONS", "TRACE"]) {
    assert.equal(refusal(requestOf(hostile, { method })), undefined);
  }
  for (const method of ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", ""]) {
    assert.equal(refusal(requestOf(hostile, { method })), "site", method);
  }
});

test("the error says which check failed and what to do, and repeats nothing that is no origin", () => {
  const message = (headers: Headers, rest?: Partial<CsrfRequest>): string => {
    let text = "";
    assert.throws(
      () => verifyCsrf(requestOf(headers, rest), session),
      (error: Error) => {
        text = error.message;
        return error instanceof CsrfError;
      },
    );
    return text;
  };
  assert.match(message({ "sec-fetch-site": "same-site" }), /Sec-Fetch-Site: same-site.*trustedOrigins/);
  assert.match(message({ origin: "https://www.app.example" }), /https:\/\/www\.app\.example.*https:\/\/app\.example/);
  assert.match(message({ origin: "null" }), /Referrer-Policy/);
  assert.match(message({}, { token: undefined }), /session\.csrfToken.*"_csrf".*"x-csrf-token"/);
  assert.match(message({}, { token: "a wrong token" }), /before a login/);
  for (const name of ["sec-fetch-site", "origin"]) {
    assert.doesNotMatch(message({ [name]: "<script>https://x" }), /script/);
  }
});

test("wrong options are refused at start", () => {
  const wrong: [object, RegExp][] = [
    [{ trustedOrigin: [] }, /csrf\.trustedOrigin" is unknown/],
    [{ ignore: () => true }, /csrf\.ignore" is unknown/],
    [{ token: "none" }, /csrf\.token" must be "required" or "optional"/],
    [{ header: "x csrf" }, /csrf\.header/],
    [{ header: 7 }, /csrf\.header/],
    [{ field: "" }, /csrf\.field/],
    [{ trustedOrigins: "https://www.app.example" }, /must be an array/],
    ...["*", "null", "", "www.app.example", "//www.app.example", "https://*.app.example", 7, undefined, 7n].map(
      (origin): [object, RegExp] => [{ trustedOrigins: [origin] }, /origins as browsers write them/],
    ),
    [{ trustedOrigins: ["https://www.app.example/"] }, /such as "https:\/\/www\.app\.example"\.$/],
    [{ trustedOrigins: ["https://WWW.app.example:443"] }, /such as "https:\/\/www\.app\.example"\.$/],
  ];
  for (const [options, message] of wrong) {
    assert.throws(
      () => verifyCsrf(requestOf({}), session, options),
      (error: Error) => error instanceof SessionOptionError && message.test(error.message),
    );
  }
  const app = { origin: "capacitor://localhost" };
  assert.equal(refusal(requestOf(app), { trustedOrigins: [app.origin] }), undefined, "apps have schemes of their own");
});

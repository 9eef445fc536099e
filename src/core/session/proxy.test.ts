import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { type AnyData, createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor, type Visitor } from "../../../test/fixtures/visitor.ts";
import { SessionKeyError, SessionValueError } from "../errors.ts";

let visitor: Visitor<AnyData>;
beforeEach(() => {
  visitor = createVisitor(createTestManager().sessions);
});

test("it is a dictionary: set, ask, read, remove", async () => {
  await visitor.request((session) => {
    session["username"] = "admin";
    assert("username" in session);
  });
  await visitor.request((session) => {
    assert.equal(session["username"], "admin");
    assert.equal(session.pop("username", null), "admin");
    assert.equal(session.pop("username", null), null);
    assert(!("username" in session));
  });
});

test("get, pop, setDefault, update and clear are as in Flask", async () => {
  await visitor.request((session) => {
    assert.equal(session.get("a"), undefined);
    assert.equal(session.get("a", 1), 1);
    assert.equal(session.setDefault("a", 2), 2);
    assert.equal(session.setDefault("a", 3), 2);
    session.update({ b: null, c: [1] });
    assert.equal(session.get("b", "fallback"), null);
    assert.equal(session.pop("b", "fallback"), null);
    session.clear();
    assert.deepEqual(Object.keys(session), []);
  });
});

test("set is an assignment by a method, for plugins that call it", async () => {
  await visitor.request((session) => {
    session.set("username", "ada");
    session.set("gone", 1);
    session.set("gone", undefined);
    assert.throws(() => session.set("login", 1), SessionKeyError);
    assert.throws(() => session.set("username", () => 1), SessionValueError);
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { username: "ada" }));
});

test("assigning undefined removes the key, by each way to assign it", async () => {
  await visitor.request((session) => session.update({ a: 1, b: 2, c: 3, d: { e: 4 } }));
  await visitor.request((session) => {
    session["a"] = undefined;
    session.update({ b: undefined, f: undefined });
    assert.equal(session.setDefault("g", undefined), undefined);
    session["never"] = undefined;
    assert.deepEqual(Object.keys(session), ["c", "d"]);
    (session["d"] as Record<string, unknown>)["e"] = undefined;
    assert.equal(session.modified, true);
  });
  await visitor.request((session) => {
    assert.deepEqual({ ...session }, { c: 3, d: {} });
    session["never"] = undefined;
    assert.equal(session.modified, false);
  });
});

test("a session whose last key becomes undefined ends, as one whose last key is deleted", async () => {
  await visitor.request((session) => session.update({ a: 1 }));
  await visitor.request((session) => {
    session["a"] = undefined;
  });
  assert.equal(visitor.cookie, undefined);
});

test("a flashed message can't be undefined", async () => {
  await visitor.request((session) => {
    assert.throws(() => Reflect.apply(session.flash, undefined, [undefined]), SessionValueError);
    assert.deepEqual(session.takeFlashes(), []);
  });
});

test("its own enumerable properties are the data and nothing else", async () => {
  await visitor.request((session) => {
    session["a"] = 1;
    session["b"] = { c: [2] };
    session.flash("hello");
    session.permanent = true;
    assert.deepEqual(Object.keys(session), ["a", "b"]);
    assert.deepEqual({ ...session }, { a: 1, b: { c: [2] } });
    assert.equal(JSON.stringify(session), '{"a":1,"b":{"c":[2]}}');
    assert.deepEqual(session, { a: 1, b: { c: [2] } });
    assert.equal(Reflect.deleteProperty(session, "a"), true);
    const seen: string[] = [];
    for (const key in session) seen.push(key);
    assert.deepEqual(seen, ["b"]);
    assert.equal(`${session}`, "[object Object]");
    assert.equal(Object.hasOwn(session, "b"), true);
    assert.equal(Object.hasOwn(session, "login"), false);
  });
});

test("values keep their types: Date, Map, Set, bigint, bytes", async () => {
  const data = { at: new Date(5), map: new Map([["k", [1n]]]), list: new Set(["x"]), bytes: new Uint8Array([0, 255]) };
  await visitor.request((session) => session.update(data));
  await visitor.request((session) => assert.deepEqual({ ...session }, data));
});

test("nested changes are stored without a word", async () => {
  await visitor.request((session) => {
    session["cart"] = [{ item: "apple", count: 1 }];
  });
  await visitor.request((session) => {
    (session["cart"] as { count: number }[])[0]!.count++;
    assert.equal(session.modified, true);
  });
  await visitor.request((session) => assert.deepEqual(session["cart"], [{ item: "apple", count: 2 }]));
});

test("controls can't be shadowed, by assignment, update, setDefault, delete or definition", async () => {
  await visitor.request((session) => {
    for (const name of ["login", "id", "get", "flash", "isNew"]) {
      assert.throws(() => Reflect.set(session, name, 1), SessionKeyError);
      assert.throws(() => session.update({ fine: 1, [name]: 1 }), SessionKeyError);
      assert.throws(() => session.setDefault(name, 1), SessionKeyError);
      assert.throws(() => Reflect.deleteProperty(session, name), SessionKeyError);
      assert(!(name in session));
    }
    assert.throws(() => Object.defineProperty(session, "x", { value: 1 }), SessionKeyError);
    assert.throws(() => Object.freeze(session), TypeError);
    assert.deepEqual(Object.keys(session), [], "a refused update leaves nothing half done");
  });
});

test("S23 keys named like parts of a prototype are plain keys or refused, and no prototype changes", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype);
  await visitor.request((session) => {
    for (const name of ["constructor", "toString", "hasOwnProperty", "valueOf"]) {
      assert(!(name in session));
      session[name] = `my ${name}`;
    }
    assert.throws(() => Reflect.set(session, "__proto__", { polluted: 1 }), SessionKeyError);
    assert.throws(() => session.update(JSON.parse('{"__proto__":{"polluted":1}}')), SessionKeyError);
    assert.throws(() => session.update({ deep: JSON.parse('{"__proto__":{"polluted":1}}') }), SessionValueError);
    assert.throws(() => Object.setPrototypeOf(session, { polluted: 1 }), TypeError);
    assert.equal(Reflect.get(session, "__proto__"), undefined);
  });
  await visitor.request((session) => {
    assert.equal(session["constructor"], "my constructor");
    assert.equal(session["toString"], "my toString");
    assert.equal(session["polluted"], undefined);
  });
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), before);
  assert.equal(Reflect.get({}, "polluted"), undefined);
});

test("keys of any spelling are kept apart from the library's own", async () => {
  const keys = ["$permanent", "$$x", "$", "$flash:1", "", "a.b", " ", "0", "键", "\0", "then"];
  await visitor.request((session) => {
    for (const key of keys) session[key] = `value of ${key}`;
  });
  await visitor.request((session) => {
    assert.deepEqual(new Set(Object.keys(session)), new Set(keys));
    for (const key of keys) assert.equal(session[key], `value of ${key}`);
    assert.equal(session.permanent, false);
    assert.deepEqual(session.takeFlashes(), []);
  });
});

test("what cannot be stored is refused where it is assigned, and the old value stays", async () => {
  await visitor.request((session) => {
    session["a"] = 1;
    assert.throws(() => Reflect.set(session, "a", () => 1), SessionValueError);
    assert.throws(() => session.update({ a: 2, b: Number.NaN }), SessionValueError);
    assert.deepEqual({ ...session }, { a: 1 });
  });
});

test("what became unstorable inside fails the request, and nothing of it is stored", async () => {
  await visitor.request((session) => session.update({ a: 1, list: [] }));
  await assert.rejects(
    visitor.request((session) => {
      session["a"] = 2;
      (session["list"] as unknown[]).push(() => 1);
    }),
    /session\.list\[0\] is a function/,
  );
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1, list: [] }));
});

test("a flashed message whose category is no text is refused", async () => {
  const { sessions } = createTestManager();
  await createVisitor(sessions).request((session) => {
    assert.throws(() => session.flash("x", 5 as never), /session\.flash\(\) got a category that is a number/);
    assert.deepEqual(session.takeFlashes(), []);
  });
});

test("flashed messages are taken once, in order, by category", async () => {
  await visitor.request((session) => {
    session.flash("first");
    session.flash({ text: "second" }, "error");
    session.flash("third");
  });
  await visitor.request((session) => {
    assert.deepEqual(session.takeFlashes(["error"]), [{ category: "error", message: { text: "second" } }]);
  });
  await visitor.request((session) => {
    assert.deepEqual(
      session.takeFlashes().map((flash) => flash.message),
      ["first", "third"],
    );
    assert.deepEqual(session.takeFlashes(), []);
  });
  await visitor.request((session) => assert.deepEqual(session.takeFlashes(), []));
});

test("messages flashed by parallel requests are all kept", async () => {
  await visitor.request((session) => session.update({ a: 1 }));
  await Promise.all(Array.from({ length: 20 }, (_, i) => visitor.request((session) => session.flash(i))));
  await visitor.request((session) => assert.equal(session.takeFlashes().length, 20));
});

test("isNew, modified and accessed tell what happened", async () => {
  await visitor.request((session) => {
    assert.deepEqual([session.isNew, session.modified, session.accessed], [true, false, false]);
    session["a"] = [];
    assert.deepEqual([session.isNew, session.modified, session.accessed], [true, true, true]);
  });
  await visitor.request((session) => {
    assert.deepEqual([session.isNew, session.modified, session.accessed], [false, false, false]);
    assert.deepEqual(session["a"], []);
    assert.deepEqual([session.modified, session.accessed], [false, true]);
  });
});

test("S27 neither inspect nor JSON shows the ID, in any mode", async () => {
  await visitor.request((session) => session.update({ username: "admin" }));
  await visitor.request((session) => {
    const { id } = session;
    assert.equal(id.length, 43);
    const shown = [
      inspect(session),
      inspect(session, { showProxy: true, showHidden: true, depth: 20 }),
      inspect(session, { customInspect: false, showHidden: true, depth: 20 }),
      JSON.stringify(session),
      String(session),
    ];
    assert.equal(shown[0], "Session { username: 'admin' }");
    for (const text of shown) assert(!text.includes(id) && !text.includes(visitor.cookie!.slice(8)), text);
  });
});

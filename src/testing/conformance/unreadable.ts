// A record that can't be read, such as another program's: an error of that record, and of nothing else.
import assert from "node:assert/strict";
import { SessionError } from "../../core/errors.ts";
import { created, createdMany, newOwner } from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const unreadableCases: readonly CaseDefinition[] = [
  {
    law: 6,
    name: "a record that can't be read is an error of that record, and no outage",
    needs: ["damage"],
    run: isNoOutage,
  },
  {
    law: 5,
    name: "a record that can't be read is named by list, hides no other and can be ended",
    needs: ["damage"],
    run: hidesNoOther,
  },
];

async function damaged(fixture: Fixture, owner: string): Promise<string> {
  const key = await created(fixture, { a: "1" }, { owner });
  await fixture.harness.damage?.(fixture.store, key);
  return key;
}

async function isNoOutage(fixture: Fixture): Promise<void> {
  const key = await damaged(fixture, newOwner());
  for (const store of fixture.stores) {
    await assert.rejects(
      async () => store.load(key),
      (error) => {
        assert.ok(error instanceof SessionError, "an error of the library");
        assert.equal(error.code, "INVALID_RECORD");
        return true;
      },
    );
  }
  await created(fixture);
}

async function hidesNoOther(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const readable = await createdMany(fixture, 5, { owner });
  const broken = [await damaged(fixture, owner), await damaged(fixture, owner)];
  for (const limit of [1, 3, 7, undefined]) {
    const [found, unreadable]: [string[], string[]] = [[], []];
    let cursor: string | undefined;
    do {
      const page = await fixture.store.list(owner, { limit, cursor });
      found.push(...page.sessions.map(({ key }) => key));
      unreadable.push(...(page.unreadable ?? []));
      cursor = page.next;
    } while (cursor !== undefined && found.length + unreadable.length < 50);
    assert.deepEqual(found.sort(), [...readable].sort(), `the others, in pages of ${limit}`);
    assert.deepEqual(unreadable.sort(), [...broken].sort(), `the keys of the broken, in pages of ${limit}`);
  }
  assert.equal(await fixture.store.destroyAll(owner, { except: readable[0] }), 6, "destroyAll ends them as well");
  const left = await fixture.store.list(owner);
  assert.deepEqual([left.sessions.map(({ key }) => key), left.unreadable ?? []], [[readable[0]], []]);
}

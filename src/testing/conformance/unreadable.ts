// A record that can't be read, such as another program's: an error of that record, and of nothing else.
import assert from "node:assert/strict";
import { SessionError } from "../../core/errors.ts";
import { created, createdMany, newOwner } from "./bench.ts";
import type { Bench, CaseDefinition } from "./harness.ts";

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

async function damaged(bench: Bench, owner: string): Promise<string> {
  const key = await created(bench, { a: "1" }, { owner });
  await bench.harness.damage?.(bench.store, key);
  return key;
}

async function isNoOutage(bench: Bench): Promise<void> {
  const key = await damaged(bench, newOwner());
  for (const store of bench.stores) {
    await assert.rejects(
      async () => store.load(key),
      (error) => {
        assert.ok(error instanceof SessionError, "an error of the library");
        assert.equal(error.code, "INVALID_RECORD");
        return true;
      },
    );
  }
  await created(bench);
}

async function hidesNoOther(bench: Bench): Promise<void> {
  const owner = newOwner();
  const readable = await createdMany(bench, 5, { owner });
  const broken = [await damaged(bench, owner), await damaged(bench, owner)];
  for (const limit of [1, 3, 7, undefined]) {
    const [found, unreadable]: [string[], string[]] = [[], []];
    let cursor: string | undefined;
    do {
      const page = await bench.store.list(owner, { limit, cursor });
      found.push(...page.sessions.map(({ key }) => key));
      unreadable.push(...(page.unreadable ?? []));
      cursor = page.next;
    } while (cursor !== undefined && found.length + unreadable.length < 50);
    assert.deepEqual(found.sort(), [...readable].sort(), `the others, in pages of ${limit}`);
    assert.deepEqual(unreadable.sort(), [...broken].sort(), `the keys of the broken, in pages of ${limit}`);
  }
  assert.equal(await bench.store.destroyAll(owner, { except: readable[0] }), 6, "destroyAll ends them as well");
  const left = await bench.store.list(owner);
  assert.deepEqual([left.sessions.map(({ key }) => key), left.unreadable ?? []], [[readable[0]], []]);
}

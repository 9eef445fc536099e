// One of several processes on one table: it does what its arguments say and ends.
// commits KEY NAME COUNT: so many fields at once. count KEY COUNT: so many increments, by ifVersion.
import pg from "pg";
import { postgresStore } from "../../src/stores/postgres.ts";
import { change, range } from "./postgres-bench.ts";

const [url, task, key = "", ...rest] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url, max: 10 });
const store = postgresStore({ pool });

if (task === "commits") {
  const [name, count] = rest;
  const results = await Promise.all(
    range(Number(count)).map((i) => store.commit(key, change({ [`${name}-${i}`]: "1" }))),
  );
  if (results.some((result) => result !== "committed")) throw new Error(`commits answered ${results}`);
} else {
  for (const _ of range(Number(rest[0]))) {
    for (;;) {
      const record = await store.load(key);
      if (!record) throw new Error("the record is gone");
      const next = String(Number(record.fields.get("count")) + 1);
      if ((await store.commit(key, change({ count: next }, { ifVersion: record.version }))) === "committed") break;
    }
  }
}
await store.close();
await pool.end();

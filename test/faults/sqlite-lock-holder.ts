// A process that stands still in a transaction of the embedded store. node sqlite-lock-holder.ts <directory> [write | read]
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [directory = "", what = "write"] = process.argv.slice(2);
const database = new DatabaseSync(join(directory, "sessions.sqlite"));
database.exec(what === "write" ? "BEGIN IMMEDIATE" : "BEGIN; SELECT count(*) FROM sessions");
process.send?.("held");
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

// A process that takes SQLite's lock and never gives it back. node sqlite-lock-holder.ts <directory>
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const [directory = ""] = process.argv.slice(2);
const database = new DatabaseSync(join(directory, "sessions.sqlite"));
database.exec("BEGIN IMMEDIATE");
process.send?.("held");
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

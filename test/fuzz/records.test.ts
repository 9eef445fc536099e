// What stands in a store: values, records, and how each store spells them.
import { fuzzTest } from "./fuzz-test.ts";

fuzzTest("value", "S23 every value that can be stored comes back as it was, and any other is refused");
fuzzTest("value-text", "S23 S24 any text in a record is plain data or a SessionRecordError, and reaches no prototype");
fuzzTest("record", "S24 S35 a record comes back whatever its names say, and any other text is a SessionRecordError");
fuzzTest(
  "encryption",
  "S29 an encrypted field opens under its own record and name alone, whatever was moved or changed",
);
fuzzTest("redis-texts", "S24 S35 Redis' texts come back as they were, and any other one is a SessionRecordError");
fuzzTest("postgres-texts", "S24 S35 PostgreSQL's texts come back as they were, and any row is a record or refused");

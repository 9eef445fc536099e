// What comes with a request: Cookie headers and signed cookies.
import { fuzzTest } from "./fuzz-test.ts";

fuzzTest("cookie-header", "S22 in any Cookie header are found exactly the values under the cookie's name");
fuzzTest("signed-id", "S2 S22 no text verifies but those that were signed, each in its one spelling");
fuzzTest("sealed-cookie", "S2 S22 no cookie opens but those that were sealed, each in its one spelling");
fuzzTest("open", "S2 S19 S22 any Cookie header opens the session that the rules name or none, and reaches no other");

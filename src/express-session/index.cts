// What `require("coatcheck/express-session")` gives: the function itself, with its classes as properties.
// These three lines are CommonJS's own, and become code in the build; no development tool runs this file.
// @ts-expect-error
import esm = require("./index.js");
// @ts-expect-error
import session = esm.session;
// @ts-expect-error
export = session;

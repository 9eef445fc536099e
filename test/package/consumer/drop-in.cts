// A user's CommonJS program that has swapped the require() of express-session.
import session = require("coatcheck/express-session");

const store: session.Store = new session.MemoryStore();
const options: session.SessionOptions = { secret: "a", store, resave: false, saveUninitialized: false };

export const middleware = session(options);

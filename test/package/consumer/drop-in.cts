// A user's CommonJS program that has swapped the require() of express-session.
import session = require("coatcheck/express-session");
import express = require("express");

declare module "coatcheck/express-session" {
  interface SessionData {
    cart?: string[];
  }
}

const store: session.Store = new session.MemoryStore();
const options: session.SessionOptions = { secret: "a", store, resave: false, saveUninitialized: false };

export const app = express();
app.use(session(options));
app.get("/", (req, res) => {
  req.session.cart = [...(req.session.cart ?? []), "tea"];
  // @ts-expect-error: `cart` is a list.
  req.session.cart = "tea";
  // @ts-expect-error: nobody has declared it.
  req.session.basket = [];
  res.send(req.sessionID);
});

export const cartOf = ({ cart }: Partial<session.SessionData>): string[] | undefined => cart;

/** A helper that stands where the types of express-session are installed, and where they are not. */
export const countOf = (own: express.Request["session"]): number => own.cart?.length ?? 0;

// A CommonJS module of a program that declares keys of the session both in ES modules and in CommonJS.
import type { Request } from "express";
import type { app as commonjs } from "./drop-in.cjs";
import type { app as modules } from "./drop-in.js" with { "resolution-mode": "import" };

export type Apps = [typeof commonjs, typeof modules];
export const read = ({ session }: Request): [number | undefined, string[] | undefined] => [
  session.visits,
  session.cart,
];

// A login page on NestJS, with Fastify below it.
import "reflect-metadata";
import { createSessions } from "coatcheck";
import { createApp } from "./create-app.js";
import type { Visitor } from "./login.controller.js";

const app = await createApp(createSessions<Visitor>({ secret: process.env.SESSION_SECRET }));
await app.listen(process.env.PORT ?? 3000);
console.log(await app.getUrl());

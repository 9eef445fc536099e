// A login page on NestJS, with Express below it.
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import { session } from "coatcheck/express";
import { AppModule } from "./app.module.js";
import type { Visitor } from "./login.controller.js";

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.use(session<Visitor>({ secret: process.env.SESSION_SECRET }));
await app.listen(process.env.PORT ?? 3000);
console.log(await app.getUrl());

// A login page on NestJS, with Fastify below it.
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import { session } from "coatcheck/fastify";
import { AppModule } from "./app.module.js";
import type { Visitor } from "./login.controller.js";

const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
await app.register(session<Visitor>({ secret: process.env.SESSION_SECRET }));
await app.listen(process.env.PORT ?? 3000);
console.log(await app.getUrl());

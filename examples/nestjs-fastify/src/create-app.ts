import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { SessionManager } from "coatcheck";
import { csrf, session } from "coatcheck/fastify";
import { AppModule } from "./app.module.js";
import type { Visitor } from "./login.controller.js";

export async function createApp(sessions: SessionManager<Visitor>): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
  await app.register(session(sessions));
  await app.register(csrf());
  return app;
}

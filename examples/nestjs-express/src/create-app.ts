import { NestFactory } from "@nestjs/core";
import type { NestExpressApplication } from "@nestjs/platform-express";
import type { SessionManager } from "coatcheck";
import { session } from "coatcheck/express";
import { AppModule } from "./app.module.js";
import type { Visitor } from "./login.controller.js";

export async function createApp(sessions: SessionManager<Visitor>): Promise<NestExpressApplication> {
  const app = await NestFactory.create<NestExpressApplication>(AppModule);
  app.use(session(sessions));
  return app;
}

import { Module } from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { LoginController } from "./login.controller.js";
import { SessionErrorFilter } from "./session-error.filter.js";

@Module({
  controllers: [LoginController],
  providers: [{ provide: APP_FILTER, useClass: SessionErrorFilter }],
})
export class AppModule {}

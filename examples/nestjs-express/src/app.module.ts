import { type MiddlewareConsumer, Module, type NestModule } from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import { csrf } from "coatcheck/express";
import { LoginController } from "./login.controller.js";
import { SessionErrorFilter } from "./session-error.filter.js";

@Module({
  controllers: [LoginController],
  providers: [{ provide: APP_FILTER, useClass: SessionErrorFilter }],
})
export class AppModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    // A module's middleware runs after Nest's body parsers, so csrf() finds the token of a form in the body.
    consumer.apply(csrf()).forRoutes("*path");
  }
}

import { BadRequestException, Body, Controller, Get, Header, Post, Redirect, Session } from "@nestjs/common";
import type { Session as SessionOf } from "coatcheck";
import { form, stranger, welcome } from "./pages.js";

export interface Visitor {
  username?: string;
}

@Controller()
export class LoginController {
  @Get()
  @Header("Content-Type", "text/html; charset=utf-8")
  index(@Session() session: SessionOf<Visitor>): string {
    const { username } = session;
    return username === undefined ? stranger : welcome(username, session.csrfToken);
  }

  @Get("login")
  @Header("Content-Type", "text/html; charset=utf-8")
  loginForm(@Session() session: SessionOf<Visitor>): string {
    return form(session.csrfToken);
  }

  @Post("login")
  @Redirect("/", 303)
  async login(@Session() session: SessionOf<Visitor>, @Body() body: { username?: string }): Promise<void> {
    const username = String(body.username ?? "").trim();
    if (username === "") throw new BadRequestException("Please enter a username");
    session.username = username;
    // A new session ID: one that somebody else may know ends here.
    await session.login(username);
  }

  @Post("logout")
  @Redirect("/", 303)
  async logout(@Session() session: SessionOf<Visitor>): Promise<void> {
    await session.logout();
  }
}

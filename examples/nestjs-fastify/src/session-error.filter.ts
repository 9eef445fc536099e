import { type ArgumentsHost, Catch } from "@nestjs/common";
import { BaseExceptionFilter } from "@nestjs/core";
import { SessionError } from "coatcheck";
import type { FastifyReply } from "fastify";

/** Nest answers the library's errors with their status, and leaves their headers out: Retry-After goes with a 503. */
@Catch(SessionError)
export class SessionErrorFilter extends BaseExceptionFilter<SessionError> {
  override catch(error: SessionError, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<FastifyReply>().headers(error.headers);
    super.catch(error, host);
  }
}

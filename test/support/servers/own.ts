// Tests that kill, freeze or fill a server need one of their own.
import { findProgram } from "../../../scripts/requirements.mjs";

const VARIABLES = { Redis: "REDIS_URL", PostgreSQL: "POSTGRES_URL" } as const;

/**
 * For the option `skip` of a test: why it cannot run where the program is missing and was not required, since a server
 * that runs elsewhere was named; `false` in every other case. A program that is required and missing is an error.
 */
export function skipWithoutOwn(...programs: readonly (keyof typeof VARIABLES)[]): string | false {
  for (const program of programs) {
    const variable = VARIABLES[program];
    if (findProgram(program) === undefined && process.env[variable]) {
      return `it needs a ${program} of its own to spoil, and there is only the one of ${variable}`;
    }
  }
  return false;
}

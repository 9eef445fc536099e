// The app's own rules for its data, by Standard Schema (https://standardschema.dev), which Zod, Valibot and ArkType speak.

import { SessionOptionError, SessionValueError } from "./errors.ts";
import { isThenable } from "./util/awaitable.ts";

/** The part of Standard Schema that is used here: a synchronous check of the whole data. */
export interface SessionSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult | PromiseLike<SchemaResult>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

interface SchemaResult {
  readonly issues?: readonly SchemaIssue[] | undefined;
}

interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A function that throws a SessionValueError when data breaks the schema. What the schema would change is not taken
 * over: data is stored as it was assigned.
 * @throws SessionOptionError when this is no Standard Schema.
 */
export function createValidator(schema: SessionSchema): (data: Record<string, unknown>) => void {
  const standard = (schema as SessionSchema | null)?.["~standard"];
  if (typeof standard?.validate !== "function") {
    throw new SessionOptionError(
      "schema",
      "must be a Standard Schema",
      "Give a schema of Zod, Valibot, ArkType or the like, or leave it out.",
    );
  }
  return (data) => {
    const result = standard.validate(data);
    if (isThenable(result)) {
      throw new SessionOptionError("schema", "must validate synchronously", "Use a schema without async checks.");
    }
    const issue = result.issues?.[0];
    if (issue) throw new SessionValueError(pathOf(issue), `breaks the schema: ${issue.message}`, "Nothing was stored.");
  };
}

function pathOf(issue: SchemaIssue): string {
  const steps = (issue.path ?? []).map((step) => String(typeof step === "object" ? step.key : step));
  return steps.length > 0 ? steps.join(".") : "data";
}

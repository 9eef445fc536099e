// Under which name a framework's request has its session: what adapters take beside the manager.
import { SessionOptionError } from "../../core/errors.ts";
import { nameOption, objectOption } from "../../core/util/option-checks.ts";

interface NameOptions {
  readonly as?: string | undefined;
}

/** @throws SessionOptionError for an option of another name, or a name that is not a string. */
export function propertyName(options: NameOptions): string {
  objectOption('Give the name that your handlers use: { as: "adminSession" }.')("options", options);
  const unknown = Object.keys(options).find((option) => option !== "as");
  if (unknown !== undefined) {
    throw new SessionOptionError(
      unknown,
      "is unknown here",
      "Beside the manager there is { as: name } alone. The options of sessions come first: session({ secret, … }).",
    );
  }
  const { as: name = "session" } = options;
  nameOption("as", name);
  return name;
}

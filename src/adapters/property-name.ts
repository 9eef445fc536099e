// Under which name a framework's request has its session: what adapters take beside the manager.
import { SessionOptionError } from "../core/errors.ts";

interface NameOptions {
  readonly as?: string | undefined;
}

/** @throws SessionOptionError for an option of another name, or a name that is no text. */
export function propertyName(options: NameOptions): string {
  const unknown = Object.keys(options).find((option) => option !== "as");
  if (unknown !== undefined) {
    throw new SessionOptionError(
      unknown,
      "is unknown here",
      "Beside the manager there is { as: name } alone. The options of sessions come first: session({ secret, … }).",
    );
  }
  const { as: name = "session" } = options;
  if (typeof name !== "string" || name === "") {
    throw new SessionOptionError("as", "is no name", 'Give the name that your handlers use: { as: "adminSession" }.');
  }
  return name;
}

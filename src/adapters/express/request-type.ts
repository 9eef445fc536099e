// Declares the type of `req.session` on Express's Request. TypeScript allows one declaration, and three modules have one:
// the adapter, the drop-in for express-session, and `@types/express-session`. This file decides which of them holds.

declare global {
  namespace Express {
    /** The properties that each imported module of coatcheck adds to Express's Request, by the module's name. */
    interface CoatcheckRequests {}

    // Inherited, not declared as a property, so that a program's own declaration of `req.session` overrides it.
    // biome-ignore lint/suspicious/noTsIgnore: an error only where another declaration differs, so none can be expected.
    /** @ts-ignore */
    interface Request extends RequestProperties {}
  }
}

// Read from the global namespace: an import would load these types into programs that do not use them.
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
type ForeignStore = Express.SessionStore;

/** An unresolved type is `any`, which has every key. */
type HasForeignTypes = string extends keyof ForeignStore ? false : true;

/**
 * The properties that Express's Request inherits. `@types/express-session` declares `req.session` itself, so nothing is
 * added where it is loaded. The drop-in takes precedence over the adapter: a program that imports both uses the adapter
 * under another name.
 */
export type RequestProperties = HasForeignTypes extends true
  ? object
  : Express.CoatcheckRequests extends { readonly dropIn: infer Properties extends object }
    ? Properties
    : Express.CoatcheckRequests extends { readonly adapter: infer Properties extends object }
      ? Properties
      : object;

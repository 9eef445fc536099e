// The type of `req.session` on Express's Request. It can be declared once only, so that whatever a program imports — the
// adapter, the drop-in for express-session, the types of express-session itself — its declarations agree.

declare global {
  namespace Express {
    /** What the modules of coatcheck that a program imports add to Express's Request, by module. */
    interface CoatcheckRequests {}

    // As a parent, and not as a property: where a program declares a `req.session` of its own, that declaration stands.
    // biome-ignore lint/suspicious/noTsIgnore: an error only where another declaration differs, so none can be expected.
    /** @ts-ignore */
    interface Request extends RequestProperties {}
  }
}

// A global of those types, and not an import, which would bring them into programs that have no use for them.
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
type ForeignStore = Express.SessionStore;

/** A type that can't be resolved has every key. */
type HasForeignTypes = string extends keyof ForeignStore ? false : true;

/**
 * What Express's Request gets. Where the types of express-session are loaded, they declare `req.session` themselves; the
 * drop-in comes before the adapter, because a program that imports both uses the adapter under another name.
 */
export type RequestProperties = HasForeignTypes extends true
  ? object
  : Express.CoatcheckRequests extends { readonly dropIn: infer Properties extends object }
    ? Properties
    : Express.CoatcheckRequests extends { readonly adapter: infer Properties extends object }
      ? Properties
      : object;

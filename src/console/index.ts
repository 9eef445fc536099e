// What `import "coatcheck/console"` gives.

export { devicesPage } from "./devices-page.ts";
export type { MountedPage } from "./mounted-page.ts";
export type { PageMiddleware } from "./node-middleware.ts";
export type { DevicesPageOptions, Language, PageOptions, SessionConsoleOptions } from "./options.ts";
export { sessionConsole } from "./session-console.ts";

// What `import "coatcheck/express-session"` gives.
export { type BridgedStore, type BridgeOptions, bridge, type ExpressSessionStore } from "./bridge.ts";

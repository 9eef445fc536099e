// Requests for an upgrade, such as the handshake of a WebSocket, that a framework routes like any other.
import type { RequestSession } from "../../core/manager.ts";

/**
 * Tells the session of a request for an upgrade that probably no response will carry its cookie: nothing of a successful
 * handshake passes through the response. A session that is stored then stores its changes by itself; a new one refuses them.
 */
export function detachFromUpgrade<Data>(active: RequestSession<Data>, request: object | undefined): void {
  // Node sets it on requests that it hands to a listener of "upgrade", and on no others.
  if (request && Reflect.get(request, "upgrade") === true) active.detach();
}

import { admin } from "../../../lib/session";

export const { fetch: GET, fetch: POST } = admin;

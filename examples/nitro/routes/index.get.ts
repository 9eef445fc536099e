import { welcome } from "../utils/pages.ts";
import { html, page } from "../utils/session.ts";

export default page((_request, session) => html(welcome(session.username)));

import { form } from "../utils/pages.ts";
import { html, page } from "../utils/session.ts";

export default page(() => html(form));

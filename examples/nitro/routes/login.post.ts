import { form } from "../utils/pages.ts";
import { html, page, redirect } from "../utils/session.ts";

export default page(async (request, session) => {
  const username = String((await request.formData()).get("username") ?? "").trim();
  if (username === "") return html(form, 400);
  session.username = username;
  // A new session ID: one that somebody else may know ends here.
  await session.login(username);
  return redirect("/");
});

import { page, redirect } from "../utils/session.ts";

export default page(async (_request, session) => {
  await session.logout();
  return redirect("/");
});

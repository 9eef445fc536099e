import { type Actions, fail, redirect } from "@sveltejs/kit";

export const actions: Actions = {
  default: async ({ request, locals }) => {
    const username = String((await request.formData()).get("username") ?? "").trim();
    if (username === "") return fail(400);
    locals.session.username = username;
    // A new session ID: one that somebody else may know ends here.
    await locals.session.login(username);
    redirect(303, "/");
  },
};

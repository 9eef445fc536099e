import { type RequestHandler, redirect } from "@sveltejs/kit";

export const POST: RequestHandler = async ({ locals }) => {
  await locals.session.logout();
  redirect(303, "/");
};

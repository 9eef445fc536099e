// Server actions write it.
"use server";

import { redirect } from "next/navigation";
import { updateSession } from "../lib/session";

export async function login(form: FormData) {
  const username = String(form.get("username") ?? "").trim();
  if (username === "") redirect("/login");
  await updateSession(async (session) => {
    session.username = username;
    // A new session ID: one that somebody else may know ends here.
    await session.login(username);
    session.flash(`Welcome, ${username}`);
  });
  redirect("/");
}

export async function logout() {
  await updateSession((session) => session.logout());
  redirect("/");
}

/** For the component Flashes: each message is shown once. */
export async function takeFlashes(): Promise<string[]> {
  return updateSession((session) => session.takeFlashes().map(({ message }) => String(message)));
}

import { Form, redirect } from "react-router";
import type { Route } from "./+types/login";
import { sessionContext } from "./session.server";

export async function action({ request, context }: Route.ActionArgs) {
  const username = String((await request.formData()).get("username") ?? "").trim();
  if (username === "") return null;
  const session = context.get(sessionContext);
  session.username = username;
  // A new session ID: one that somebody else may know ends here.
  await session.login(username);
  return redirect("/");
}

export default function Login() {
  return (
    <Form method="post">
      <label>
        Username <input name="username" required maxLength={64} autoComplete="username" />
      </label>
      <button type="submit">Log in</button>
    </Form>
  );
}

import { Form, Link } from "react-router";
import type { Route } from "./+types/home";
import { sessionContext } from "./session.server";

export function loader({ context }: Route.LoaderArgs) {
  return { username: context.get(sessionContext).username };
}

export default function Home({ loaderData: { username } }: Route.ComponentProps) {
  if (username === undefined) {
    return (
      <p>
        You are not logged in. <Link to="/login">Log in</Link>
      </p>
    );
  }
  return (
    <>
      <p>Logged in as {username}</p>
      <Form method="post" action="/logout">
        <button type="submit">Log out</button>
      </Form>
    </>
  );
}

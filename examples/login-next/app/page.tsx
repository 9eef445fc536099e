// A server component reads the session.
import Link from "next/link";
import { getSession } from "../lib/session";
import { logout } from "./actions";
import { Flashes } from "./flashes";

export default async function Page() {
  const { username } = await getSession();
  if (username === undefined) {
    return (
      <p>
        You are not logged in. <Link href="/login">Log in</Link>
      </p>
    );
  }
  return (
    <>
      <p>Logged in as {username}</p>
      <Flashes renderedAt={Date.now()} />
      <form action={logout}>
        <button type="submit">Log out</button>
      </form>
    </>
  );
}

// A server component reads the session.
import Link from "next/link";
import { getSession } from "../lib/session";
import { logout } from "./actions";

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
      <form action={logout}>
        <button type="submit">Log out</button>
      </form>
    </>
  );
}

// Only who has logged in gets here: see proxy.ts. The page asks again, since a proxy alone is no protection.
import { redirect } from "next/navigation";
import { getSession } from "../../lib/session";

export default async function Page() {
  const { username } = await getSession();
  if (username === undefined) redirect("/login");
  return <p>The account of {username}</p>;
}

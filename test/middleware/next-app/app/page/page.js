import { headers } from "next/headers";

/** A page that is rendered for each request. */
export default async function Page() {
  await headers();
  return <p>A page of a server component.</p>;
}

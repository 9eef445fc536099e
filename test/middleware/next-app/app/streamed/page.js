import { headers } from "next/headers";
import { Suspense } from "react";

async function Late() {
  await headers();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return <p>The late part.</p>;
}

/** A page whose head is sent before its last part is there. */
export default async function Page() {
  await headers();
  return (
    <Suspense fallback={<p>Not yet.</p>}>
      <Late />
    </Suspense>
  );
}

// The suite's handlers, in route handlers of Next. The custom server leaves the function that runs them here.
async function run(request, { params }) {
  const { name } = await params;
  return globalThis[Symbol.for("coatcheck.suite.next")](request, decodeURIComponent(name));
}

export const dynamic = "force-dynamic";
export { run as GET, run as POST, run as HEAD };

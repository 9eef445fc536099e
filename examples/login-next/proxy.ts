import { SessionError } from "coatcheck";
import { type NextRequest, NextResponse } from "next/server";
import { getSession } from "./lib/session";

export async function proxy(request: NextRequest) {
  try {
    const { username } = await getSession(request);
    if (username === undefined) return NextResponse.redirect(new URL("/login", request.url));
    return NextResponse.next();
  } catch (error) {
    // While the store is out: 503 and Retry-After.
    if (error instanceof SessionError) return error.getResponse();
    throw error;
  }
}

export const config = { matcher: "/account" };

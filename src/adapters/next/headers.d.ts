// The little of "next/headers" that the adapter uses. Next.js itself is the user's; it is not installed here.
declare module "next/headers.js" {
  export function cookies(): Promise<import("./request.ts").NextCookies>;
  export function headers(): Promise<Headers>;
}

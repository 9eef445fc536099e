// Adds header lines to a head that Node has rendered.
import type { ResponseDuties } from "../../core/active-session.ts";

/** @param head The status line and the headers, up to and with the empty line. */
export function addToHead(head: string, duties: readonly ResponseDuties[]): string {
  let extended = head.slice(0, -2);
  for (const { setCookie, varyOnCookie, noStore } of duties) {
    if (varyOnCookie && !/^vary:.*(cookie|\*)/im.test(extended)) extended += "Vary: Cookie\r\n";
    if (setCookie !== undefined) extended += `Set-Cookie: ${setCookie}\r\n`;
    if (noStore && !/^cache-control:/im.test(extended)) extended += "Cache-Control: no-store\r\n";
  }
  return `${extended}\r\n`;
}

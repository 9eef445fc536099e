// Adds header lines to a head that Node has rendered.
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { forbidsStoring } from "../shared/response-headers.ts";

/** @param head The status line and the headers, up to and with the empty line. */
export function addToHead(head: string, duties: readonly ResponseDuties[]): string {
  let extended = head.slice(0, -2);
  for (const each of duties) {
    if (each.varyOnCookie && !/^vary:.*(cookie|\*)/im.test(extended)) extended += "Vary: Cookie\r\n";
    if (each.setCookie !== undefined) extended += `Set-Cookie: ${each.setCookie}\r\n`;
    if (forbidsStoring(each) && !/^cache-control:/im.test(extended)) extended += "Cache-Control: no-store\r\n";
  }
  return `${extended}\r\n`;
}

// The rows of the security bar: what a session system must withstand. A test shows a row by its name, which begins with the
// row's id; scripts/security.ts runs them, and docs/security.md lists them. Data alone; it knows no test.

export interface Row {
  /** `S1`, as test names begin. */
  readonly id: string;
  readonly requirement: string;
  /** ASVS is OWASP's Application Security Verification Standard 5.0; empty where the row is our own. */
  readonly source: string;
  /** Who has to keep it: the library; or the application, whose part our login example plays in the tests. */
  readonly kind: "library" | "app";
}

export const rows: readonly Row[] = [
  {
    id: "S1",
    requirement: "IDs are 256 bits from a CSPRNG, never reused, never derived from data",
    source: "ASVS 7.2.3",
    kind: "library",
  },
  {
    id: "S2",
    requirement: "Verification happens on the server, by signature first, then record",
    source: "ASVS 7.2.1",
    kind: "library",
  },
  {
    id: "S3",
    requirement: "A wrong signature costs no store call and takes the same time wherever it differs",
    source: "OWASP Session Management",
    kind: "library",
  },
  {
    id: "S4",
    requirement: "Unknown, expired or destroyed IDs are never adopted (strict mode; fixation)",
    source: "OWASP Session Management; Flask-Session 0.3 to 0.6",
    kind: "library",
  },
  {
    id: "S5",
    requirement: "Login/regenerate issues a new ID, ends the old one at once, keeps the data",
    source: "ASVS 7.2.4",
    kind: "library",
  },
  {
    id: "S6",
    requirement: "A regenerate that fails half-way leaves at most one usable ID and never the login on the old one",
    source: "",
    kind: "library",
  },
  { id: "S7", requirement: "Idle timeout enforced by the server", source: "ASVS 7.3.1", kind: "library" },
  {
    id: "S8",
    requirement: "Absolute lifetime enforced; regenerate and touch do not extend it",
    source: "ASVS 7.3.2",
    kind: "library",
  },
  {
    id: "S9",
    requirement: "Logout ends the session in the store, not only in the browser",
    source: "ASVS 7.4.1",
    kind: "library",
  },
  {
    id: "S10",
    requirement: "A destroyed session never comes back, whatever runs in parallel",
    source: "expressjs/session#632, connect-redis#328",
    kind: "library",
  },
  {
    id: "S11",
    requirement: "All sessions of an owner can be ended, by the owner and by an administrator, at once on all servers",
    source: "ASVS 7.4.2, 7.4.3, 7.4.5",
    kind: "library",
  },
  { id: "S12", requirement: "Owners can see their live sessions, and end each", source: "ASVS 7.5.2", kind: "library" },
  { id: "S13", requirement: "Limit of sessions per owner with a stated policy", source: "ASVS 7.1.2", kind: "library" },
  {
    id: "S14",
    requirement: "Freshness: the age of the last authentication is kept and can be required",
    source: "ASVS 7.5.1, 7.5.3",
    kind: "library",
  },
  {
    id: "S15",
    requirement: "HttpOnly, SameSite=Lax, Path=/, no Domain by default",
    source: "ASVS 3.3.2, 3.3.4",
    kind: "library",
  },
  {
    id: "S16",
    requirement:
      "Secure on https; `__Host-`/`__Secure-`/`__Http-` names force their attributes; contradictory options refused at start",
    source: "ASVS 3.3.1, 3.3.3; RFC 6265bis 4.1.3",
    kind: "library",
  },
  {
    id: "S17",
    requirement: "SameSite=None or Partitioned without Secure refused at start",
    source: "RFC 6265bis; CHIPS",
    kind: "library",
  },
  { id: "S18", requirement: "X-Forwarded-* of an untrusted peer changes nothing", source: "", kind: "library" },
  {
    id: "S19",
    requirement:
      "Several cookies of one name (tossing, shadowing): a valid one wins, a planted one neither logs in nor locks out",
    source: "RFC 6265bis 5.4",
    kind: "library",
  },
  {
    id: "S20",
    requirement: "Cookies are bound to their name: a cookie of one manager is nothing to another",
    source: "",
    kind: "library",
  },
  {
    id: "S21",
    requirement: "Name + value at most 4096 bytes, else a clear error and the old state kept",
    source: "ASVS 3.3.5",
    kind: "library",
  },
  {
    id: "S22",
    requirement:
      "The header parser survives anything: 100 KB, NUL, bad base64, bad UTF-8, `=`, `;`, quotes, 10^4 cookies",
    source: "",
    kind: "library",
  },
  {
    id: "S23",
    requirement: "`__proto__`, `constructor`, `toString` as keys never touch a prototype",
    source: "CWE-1321",
    kind: "library",
  },
  {
    id: "S24",
    requirement: "Records are data: no code, class or function is ever revived; pickle refused",
    source: "CWE-502",
    kind: "library",
  },
  {
    id: "S25",
    requirement: "Missing, short (< 32 bytes), repeated-character or published secrets refused at start",
    source: "Flask-Unsign word lists",
    kind: "library",
  },
  {
    id: "S26",
    requirement: "Rotation: newest signs, all verify, a removed one stops at once; a fallback never signs",
    source: "GHSA-4grg-w6v8-c28g",
    kind: "library",
  },
  {
    id: "S27",
    requirement: "Secrets, IDs and cookie values in no log, event, error, span, inspect output or console page",
    source: "OWASP Session Management",
    kind: "library",
  },
  {
    id: "S28",
    requirement: "Stores see only SHA-256 of IDs: a dump logs nobody in",
    source: "CVE-2019-16782",
    kind: "library",
  },
  {
    id: "S29",
    requirement: "Optional encryption at rest, AES-256-GCM, bound to record and key name, rotated",
    source: "",
    kind: "library",
  },
  {
    id: "S30",
    requirement: "Responses that read the session say Vary: Cookie; that set a cookie, Cache-Control: no-store",
    source: "GHSA-68rp-wp8r-4726",
    kind: "library",
  },
  {
    id: "S31",
    requirement: "Nothing stored and nothing set for visitors whose session stays empty",
    source: "",
    kind: "library",
  },
  {
    id: "S32",
    requirement: "Memory store bounded; overflow drops the least recently used anonymous first, and says so",
    source: "",
    kind: "library",
  },
  {
    id: "S33",
    requirement: "Store outage: bounded time, 503 or anonymous by choice, cookie kept, never another's data",
    source: "",
    kind: "library",
  },
  {
    id: "S34",
    requirement:
      "Embedded store's directory 0700, files 0600, owner checked, no symlink followed, in a shared temp directory too",
    source: "CWE-377, CWE-59",
    kind: "library",
  },
  {
    id: "S35",
    requirement: "IDs, keys, owners, field names never become part of a command, SQL, script or path",
    source: "CWE-74",
    kind: "library",
  },
  {
    id: "S36",
    requirement:
      "CSRF token bound to the session, compared in constant time, changed at login; Origin and Sec-Fetch-Site checked",
    source: "OWASP CSRF Prevention",
    kind: "library",
  },
  {
    id: "S37",
    requirement:
      "The login example: name escaped, redirect targets local only, login and logout forms CSRF-safe, framing denied, CSP",
    source: "",
    kind: "app",
  },
  {
    id: "S38",
    requirement:
      "The console denies by default; every change by POST with CSRF token; strict CSP; no value shown unless asked",
    source: "ASVS 7.4.5",
    kind: "library",
  },
  { id: "S39", requirement: "Revocation reaches open streams and sockets", source: "ASVS 7.4.1", kind: "library" },
  {
    id: "S40",
    requirement:
      "Clock jumps back or forward between servers never prolong a session beyond its limits by more than the stated skew",
    source: "",
    kind: "library",
  },
  {
    id: "S41",
    requirement: "Race on create: two first requests make two sessions, never a shared or half one",
    source: "",
    kind: "library",
  },
  {
    id: "S42",
    requirement: "Errors of handlers: what was written before the error follows one stated rule, and never half",
    source: "",
    kind: "library",
  },
  {
    id: "S43",
    requirement: "Runtime dependencies few, pinned, audited; no install scripts of ours; provenance",
    source: "ASVS 15",
    kind: "library",
  },
  {
    id: "S44",
    requirement: "Timeouts, limits and intended behaviour documented with reasons",
    source: "ASVS 7.1.1 to 7.1.3",
    kind: "library",
  },
];

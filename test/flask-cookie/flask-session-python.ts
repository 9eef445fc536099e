// A Python with the real Flask-Session. Debian's packages have only an older one, whose records are pickles, so where no
// Python has it, pip is asked for it once, into a folder beside the npm packages.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("flask_session_app.py", import.meta.url));
const ENVIRONMENT = fileURLToPath(new URL("../../node_modules/.cache/coatcheck-flask-session", import.meta.url));
const PACKAGES = ["flask-session==0.8.0", "msgspec", "cachelib", "redis"];
const TRIAL = "import flask_session, msgspec, redis; from flask_session.redis import RedisSessionInterface";

/** A request to the Flask app. Bytes are `{ $hex }`. */
export interface FlaskSessionRequest {
  readonly redis: string;
  readonly secret: string;
  readonly prefix: string;
  readonly format: "msgpack" | "json";
  readonly signer: boolean;
  readonly permanent: boolean;
  /** The Cookie header. */
  readonly cookie: string | null;
  readonly update?: Readonly<Record<string, unknown>>;
  readonly pop?: readonly string[];
  readonly clear?: boolean;
}

export interface FlaskSessionAnswer {
  readonly session: Readonly<Record<string, unknown>>;
  readonly setCookies: readonly string[];
}

interface FlaskSessionPython {
  /** `{ "flask-session": "0.8.0", … }` */
  readonly versions: Readonly<Record<string, string>>;
  ask(request: FlaskSessionRequest): Promise<FlaskSessionAnswer>;
  close(): void;
}

/** `undefined` where there is none and pip can't get it. @throws Error when FLASK_SESSION_PYTHON names one without. */
export async function startFlaskSession(): Promise<FlaskSessionPython | undefined> {
  const python = findFlaskSessionPython();
  if (python === undefined) return undefined;
  const child = spawn(python, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  async function next<Answer>(): Promise<Answer> {
    const { value, done } = await lines.next();
    if (done) throw new Error("Python has ended.");
    return JSON.parse(value) as Answer;
  }
  return {
    versions: await next(),
    ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return next();
    },
    close: () => child.stdin.end(),
  };
}

/** @throws Error when FLASK_SESSION_PYTHON names one without. */
export function findFlaskSessionPython(): string | undefined {
  const named = process.env["FLASK_SESSION_PYTHON"];
  if (named) {
    if (isComplete(named)) return named;
    throw new Error(`FLASK_SESSION_PYTHON is ${named}, which has no Flask-Session 0.8. Install: ${PACKAGES.join(" ")}`);
  }
  const own = `${ENVIRONMENT}/bin/python`;
  return ["python3", own].find(isComplete) ?? (install(own) ? own : undefined);
}

function isComplete(python: string): boolean {
  return spawnSync(python, ["-c", TRIAL], { stdio: "ignore" }).status === 0;
}

function install(own: string): boolean {
  if (!existsSync(own)) spawnSync("python3", ["-m", "venv", ENVIRONMENT], { stdio: "ignore" });
  const args = ["-m", "pip", "install", "--quiet", "--no-input", "--retries", "0", "--timeout", "20", ...PACKAGES];
  spawnSync(own, args, { stdio: "ignore", timeout: 120_000 });
  return isComplete(own);
}

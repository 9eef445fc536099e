// The app: what is registered with it, and how Hono calls it. The way of a request below the session is in respond.ts.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Context, Hono } from "hono";
import type { SessionEnv } from "../adapters/hono/index.ts";
import { SecretError, SessionOptionError } from "../core/errors.ts";
import type { SessionManager } from "../core/manager.ts";
import { checkOptions, listOption, nameOption, type OptionChecks } from "../core/util/option-checks.ts";
import { TestClient } from "../testing/test-client.ts";
import type { FlaskConfig } from "./config.ts";
import { checkConfig } from "./config-checks.ts";
import { currentContext, type RequestContext, runInContext } from "./context.ts";
import type { HTTPException } from "./errors.ts";
import {
  type AfterRequest,
  type BeforeRequest,
  createHandlers,
  type ErrorClass,
  type ErrorHandler,
} from "./handlers.ts";
import type { Lifetime } from "./lifetime.ts";
import { FlaskRequest } from "./request.ts";
import { type Answering, type KeptView, respond, respondToError } from "./respond.ts";
import type { ViewResult } from "./response.ts";
import { createRouteTable } from "./routing.ts";
import type { RouteParams } from "./rule.ts";
import { type RunningServer, type RunOptions, run } from "./run.ts";
import type { FlaskSessionData } from "./session.ts";
import { createSessionMiddleware } from "./session-middleware.ts";
import { createSessionsOf, hasSecret } from "./sessions.ts";
import { createStaticView, STATIC_RULE } from "./static.ts";
import { type ContextProcessor, createTemplates, type TemplateFilter, type Templates } from "./templates.ts";

/** Answers the requests of a rule. Gets the rule's variables: `function profile({ id }) { ... }`. */
export type View<Rule extends string> = (params: RouteParams<Rule>) => ViewResult | Promise<ViewResult>;

export interface RouteOptions {
  /** Default `["GET"]`. HEAD and OPTIONS come by themselves. */
  readonly methods?: readonly string[] | undefined;
  /** The name for `urlFor`. Default: the name of the view's function. */
  readonly endpoint?: string | undefined;
}

export interface FlaskOptions {
  /** The folder of templates, beside the module. Default `"templates"`. */
  readonly templateFolder?: string | undefined;
  /** The folder of files served under `/static/`, beside the module. Default `"static"`. */
  readonly staticFolder?: string | undefined;
}

const FLASK_CHECKS: OptionChecks<FlaskOptions> = { templateFolder: nameOption, staticFolder: nameOption };
const ROUTE_CHECKS: OptionChecks<RouteOptions> = { methods: listOption(nameOption), endpoint: nameOption };

/**
 * An app of Flask's kind, on Hono, with its sessions on the server.
 *
 * @example
 * import { escape, Flask, session } from "coatcheck/flask";
 *
 * const app = new Flask(import.meta.url);
 * app.secretKey = process.env.SECRET_KEY;
 *
 * app.route("/", function index() {
 *   return "username" in session ? "Logged in as " + escape(session.username) : "You are not logged in";
 * });
 *
 * app.run();
 */
export class Flask {
  /** Settings under Flask's names; to be set before the first request. */
  readonly config: FlaskConfig = {};
  /**
   * The Hono app beneath, for middleware of Hono's before the views: `app.hono.use(compress())`. What it serves itself
   * has `c.get("session")`.
   */
  readonly hono: Hono<SessionEnv<FlaskSessionData>> = new Hono();
  readonly #app: Answering;
  readonly #templates: Templates;
  readonly #views: Map<string, KeptView> = new Map();
  readonly #contexts = new WeakMap<Context, RequestContext>();
  #sessions: SessionManager<FlaskSessionData> | undefined;
  #isSealed = false;

  /**
   * @param importUrl `import.meta.url` of the app's module: templates and files are found beside it. Default: the program
   *   that was started.
   * @throws SessionOptionError when it is no such thing, or an option is wrong or unknown.
   */
  constructor(importUrl?: string | URL, options: FlaskOptions = {}) {
    const checked = checkOptions<FlaskOptions>(options, FLASK_CHECKS, "Call new Flask(import.meta.url).");
    const { templateFolder = "templates", staticFolder = "static" } = checked;
    const folder = folderOf(importUrl);
    this.#templates = createTemplates(path.resolve(folder, templateFolder), () => this.config.DEBUG === true);
    this.#app = {
      config: this.config,
      routes: createRouteTable(),
      handlers: createHandlers(),
      views: this.#views,
      renderTemplate: (name, values) => this.#templates.render(name, values),
    };
    this.route(STATIC_RULE, { endpoint: "static" }, createStaticView(path.resolve(folder, staticFolder)));
    this.#layHono();
  }

  /** The same as `config.SECRET_KEY`. */
  get secretKey(): string | undefined {
    return this.config.SECRET_KEY ?? undefined;
  }

  set secretKey(secret: string | undefined) {
    this.config.SECRET_KEY = secret;
  }

  /**
   * The same as `config.PERMANENT_SESSION_LIFETIME`: seconds, a text or a timedelta's parts.
   * @example
   * app.permanentSessionLifetime = { days: 7 };
   */
  get permanentSessionLifetime(): Lifetime | undefined {
    return this.config.PERMANENT_SESSION_LIFETIME ?? undefined;
  }

  set permanentSessionLifetime(lifetime: Lifetime | undefined) {
    this.config.PERMANENT_SESSION_LIFETIME = lifetime;
  }

  /**
   * Has a view answer the requests of a rule.
   *
   * @param rule A path with variables: `/user/<name>`, `/post/<int:id>`; also `string`, `float`, `uuid`, and `path`, which
   *   takes slashes. A rule that ends with a slash is also reached without, by a redirect.
   * @throws Error when the rule is wrong, the view has no name, or its name belongs to another view; SessionOptionError for an unknown option.
   * @example
   * app.route("/login", { methods: ["GET", "POST"] }, function login() { ... });
   * app.route("/post/<int:id>", function post({ id }) { ... });
   */
  route<Rule extends string>(rule: Rule, view: View<Rule>): void;
  route<Rule extends string>(rule: Rule, options: RouteOptions, view: View<Rule>): void;
  route<Rule extends string>(rule: Rule, ...rest: [View<Rule>] | [RouteOptions, View<Rule>]): void {
    const [options, view] = rest.length === 1 ? [{}, rest[0]] : rest;
    if (typeof view !== "function") throw new TypeError(`app.route("${rule}", ...) got no view. Give it a function.`);
    checkOptions<RouteOptions>(options, ROUTE_CHECKS, 'Call app.route("/", { methods: ["GET"] }, view).');
    const endpoint = options.endpoint ?? view.name;
    // The rule's variables are what its pattern gives, so the parameter's type holds.
    const kept = view as unknown as KeptView;
    this.#checkEndpoint(rule, endpoint, kept);
    this.#app.routes.add(rule, endpoint, options.methods ?? ["GET"]);
    this.#views.set(endpoint, kept);
  }

  /** `route` for GET alone; so are `post`, `put`, `patch` and `delete` for theirs. */
  get<Rule extends string>(rule: Rule, view: View<Rule>): void {
    this.route(rule, { methods: ["GET"] }, view);
  }

  post<Rule extends string>(rule: Rule, view: View<Rule>): void {
    this.route(rule, { methods: ["POST"] }, view);
  }

  put<Rule extends string>(rule: Rule, view: View<Rule>): void {
    this.route(rule, { methods: ["PUT"] }, view);
  }

  patch<Rule extends string>(rule: Rule, view: View<Rule>): void {
    this.route(rule, { methods: ["PATCH"] }, view);
  }

  delete<Rule extends string>(rule: Rule, view: View<Rule>): void {
    this.route(rule, { methods: ["DELETE"] }, view);
  }

  /** Calls a function before each view. What it returns, if anything, is the answer instead of the view's. */
  beforeRequest(before: BeforeRequest): void {
    this.#app.handlers.before.push(before);
  }

  /** Calls a function with each response, error pages included, before it goes out, the last registered first: `response.headers.set(...)`. */
  afterRequest(after: AfterRequest): void {
    this.#app.handlers.after.push(after);
  }

  /**
   * Adds a filter for templates, as Flask's `template_filter`. Its result is escaped unless it is markup.
   * @example
   * app.templateFilter("shout", (text) => `${text}!`);
   */
  templateFilter(name: string, filter: TemplateFilter): void {
    this.#templates.addFilter(name, filter);
  }

  /** Gives every template more values; those given to `renderTemplate` go first. Called for each page. */
  contextProcessor(processor: ContextProcessor): void {
    this.#templates.addProcessor(processor);
  }

  /**
   * Answers errors of a status, or of a class and its subclasses. The answer has the error's status unless it says
   * another. The handler of 500 finds the mistake itself in `error.cause`.
   *
   * @example
   * app.errorHandler(404, () => renderTemplate("not-found.html"));
   */
  errorHandler(code: number, handler: ErrorHandler<HTTPException>): void;
  errorHandler<E extends Error>(errorClass: ErrorClass<E>, handler: ErrorHandler<E>): void;
  errorHandler<E extends Error>(target: number | ErrorClass<E>, handler: ErrorHandler<E>): void {
    // It is found by the class, so it gets only what it takes.
    this.#app.handlers.addErrorHandler(target, handler as ErrorHandler);
  }

  /**
   * The sessions of this app, to list and end them: `app.sessions.revokeAll(owner)`.
   * @throws SecretError without a secret key, or with one that is short or published; SessionOptionError.
   */
  get sessions(): SessionManager<FlaskSessionData> {
    if (!hasSecret(this.config)) throw new SecretError("app.secretKey is not set.");
    this.#sessions ??= createSessionsOf(this.config);
    return this.#sessions;
  }

  /** The app as a web standard handler: to mount it in another, or to serve it by what takes one. */
  readonly fetch = async (request: Request, env?: object): Promise<Response> => {
    this.#seal();
    return this.hono.fetch(request, env);
  };

  /**
   * Sends the app a request without a server, for tests.
   * @example
   * const response = await app.request("/login", { method: "POST", body: new URLSearchParams({ username: "admin" }) });
   */
  async request(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    this.#seal();
    return this.hono.request(input, init);
  }

  /**
   * A visitor for tests, who keeps cookies from one request to the next: `client.get(path)`, `client.post(path, { data })`,
   * `client.sessionTransaction(change)`.
   */
  testClient(): TestClient<FlaskSessionData> {
    const { config } = this;
    const app = this;
    return new TestClient<FlaskSessionData>({
      get origin() {
        return `${config.PREFERRED_URL_SCHEME ?? "http"}://${config.SERVER_NAME ?? "localhost"}`;
      },
      get root() {
        return config.APPLICATION_ROOT ?? undefined;
      },
      get sessions() {
        return app.sessions;
      },
      send: (url, init) => this.request(url, init),
    });
  }

  /**
   * Serves the app until the process is asked to stop, then ends open requests and closes the session store. What keeps
   * it from starting, such as a port in use or a weak secret, is printed, and the process exits with code 1.
   *
   * @param options `host` (default `"127.0.0.1"`), `port` (default 5000; 0 for any), `debug`: reloads the program when a
   *   file changes, shows errors with their stack, and makes a secret where there is none; for the developer alone.
   * @returns when it listens.
   */
  run(options: RunOptions = {}): Promise<RunningServer> {
    return run(
      { config: this.config, fetch: this.fetch, prepare: () => this.#prepare(), close: () => this.close() },
      options,
    );
  }

  /** Closes the session store. */
  async close(): Promise<void> {
    await this.#sessions?.close();
  }

  #checkEndpoint(rule: string, endpoint: string, view: KeptView): void {
    if (endpoint === "") {
      throw new Error(
        `The view of "${rule}" has no name for urlFor. Write \`function index() {}\`, or give { endpoint: "index" }.`,
      );
    }
    const other = this.#views.get(endpoint);
    if (other !== undefined && other !== view) {
      throw new Error(
        `Two views are named "${endpoint}", the second one for "${rule}". Rename one, or give it { endpoint: "…" }.`,
      );
    }
  }

  /** The outer layers; the views come last, when all is registered. */
  #layHono(): void {
    this.hono.use((c, next) => {
      const context = this.#createContext(c);
      this.#contexts.set(c, context);
      return runInContext(context, next);
    });
    this.hono.use(createSessionMiddleware(this.config, () => this.sessions));
    this.hono.onError((error, c) => {
      const context = this.#contexts.get(c);
      if (!context) throw error;
      // What the view had answered must not show through.
      c.res = undefined;
      return runInContext(context, () => respondToError(this.#app, context, error));
    });
  }

  #createContext(c: Context): RequestContext {
    const match = this.#app.routes.match(c.req.method, c.req.path);
    const [endpoint, viewArgs] = match.kind === "found" ? [match.route.endpoint, match.params] : [undefined, {}];
    const request = new FlaskRequest(c, { endpoint, viewArgs });
    return { app: this.#app, hono: c, match, request, g: {}, session: undefined, flashes: undefined };
  }

  #seal(): void {
    if (this.#isSealed) return;
    checkConfig(this.config);
    this.#isSealed = true;
    this.hono.all("*", () => respond(this.#app, currentContext("a view")));
  }

  /** What would fail at the first request fails at start. */
  #prepare(): void {
    this.#seal();
    // Who has set a secret, even one that the environment lacks, means to use the session.
    if (Object.hasOwn(this.config, "SECRET_KEY") || hasSecret(this.config)) void this.sessions;
  }
}

function folderOf(importUrl: string | URL | undefined): string {
  if (importUrl === undefined) return process.argv[1] ? path.dirname(process.argv[1]) : process.cwd();
  const text = typeof importUrl === "string" || importUrl instanceof URL ? String(importUrl) : "";
  if (text.startsWith("file:")) return path.dirname(fileURLToPath(text));
  if (path.isAbsolute(text)) return path.dirname(text);
  throw new SessionOptionError("importUrl", "must be the URL or path of a module", "Write new Flask(import.meta.url).");
}

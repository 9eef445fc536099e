// Templates in Jinja's language, by nunjucks, with every value escaped. Nunjucks is loaded at the first one.
import { createRequire } from "node:module";
import path from "node:path";
import type * as Nunjucks from "nunjucks";
import { currentContext } from "./context.ts";
import { asHttpException } from "./errors.ts";
import { getFlashedMessages } from "./flash.ts";
import { config, g, request, session } from "./globals.ts";
import { Markup } from "./html.ts";
import { createJinjaLoader, isTrue } from "./jinja.ts";
import { addJinjaFilters } from "./jinja-filters.ts";
import { urlFor } from "./url-for.ts";
import { WITH_TAG } from "./with-tag.ts";

/** Gets the value before the `|`, and what stands in parentheses after the filter's name. */
export type TemplateFilter = (value: unknown, ...given: unknown[]) => unknown;
/** Gives values to every template. */
export type ContextProcessor = () => Readonly<Record<string, unknown>>;

export interface Templates {
  /** @throws Error when the template is missing or fails. */
  render(name: string, values: Readonly<Record<string, unknown>>): string;
  addFilter(name: string, filter: TemplateFilter): void;
  addProcessor(processor: ContextProcessor): void;
}

/**
 * A page made of a template in `templates/`, beside the module whose URL was given to `Flask`. Besides `values`, a template
 * has `session`, `request`, `g`, `config`, `url_for`, `get_flashed_messages` and the same in camelCase.
 *
 * @param name The file's name in that folder: never a visitor's text.
 * @throws Error when it is missing or fails, or nunjucks is not installed.
 * @example
 * return renderTemplate("profile.html", { name: session.username });
 */
export function renderTemplate(name: string, values: Readonly<Record<string, unknown>> = {}): string {
  return currentContext("renderTemplate()").app.renderTemplate(name, values);
}

/**
 * @param folder The folder of the templates.
 * @param isDebug Whether they are read anew each time; asked once.
 */
export function createTemplates(folder: string, isDebug: () => boolean): Templates {
  const filters = new Map<string, TemplateFilter>();
  const processors: ContextProcessor[] = [];
  let loaded: { nunjucks: typeof Nunjucks; environment: Nunjucks.Environment } | undefined;
  return {
    render(name, values) {
      loaded ??= load(folder, isDebug(), filters);
      const { nunjucks, environment } = loaded;
      const all = Object.assign({}, ...processors.map((processor) => processor()), values) as typeof values;
      const safe = Object.entries(all).map(([key, value]) => [key, toSafe(nunjucks, value)]);
      try {
        return environment.render(name, Object.fromEntries(safe));
      } catch (error) {
        // An abort() in what a template calls is still one.
        const cause: unknown = error instanceof Error ? error.cause : undefined;
        throw asHttpException(cause) ? cause : error;
      }
    },

    addFilter: (name, filter) => void filters.set(name, filter),
    addProcessor: (processor) => void processors.push(processor),
  };
}

function load(
  folder: string,
  isDebug: boolean,
  filters: ReadonlyMap<string, TemplateFilter>,
): { nunjucks: typeof Nunjucks; environment: Nunjucks.Environment } {
  const nunjucks = requireNunjucks(folder);
  const extensions = (): unknown[] => [WITH_TAG];
  const loader = createJinjaLoader(nunjucks, folder, extensions, isDebug);
  // `dev` keeps an error's cause.
  const environment = new nunjucks.Environment(loader, { autoescape: true, dev: true });
  addJinjaFilters(nunjucks, environment, isTrue);
  for (const [name, filter] of filters) {
    environment.addFilter(name, (...given: [unknown, ...unknown[]]) => toSafe(nunjucks, filter(...given)));
  }
  for (const [name, value] of Object.entries(GLOBALS)) environment.addGlobal(name, value);
  return { nunjucks, environment };
}

/** The package is the app's, so it is looked for where the app is. */
function requireNunjucks(folder: string): typeof Nunjucks {
  try {
    const require = createRequire(path.join(folder, "template.js"));
    return require(require.resolve("nunjucks", { paths: [folder, process.cwd()] }));
  } catch (cause) {
    throw new Error("renderTemplate() needs the package nunjucks. Install it: npm install nunjucks", { cause });
  }
}

/** Nunjucks has a mark of its own for what is HTML already. */
function toSafe(nunjucks: typeof Nunjucks, value: unknown): unknown {
  return value instanceof Markup ? new nunjucks.runtime.SafeString(value.toString()) : value;
}

type Keywords = Readonly<Record<string, unknown>>;

function templateUrlFor(endpoint: string, keywords: Keywords = {}): string {
  const { __keywords, ...values } = keywords;
  return urlFor(endpoint, values);
}

/** `(with_categories=True, category_filter=["error"])`, or the same without names, in this order. */
function templateFlashes(...given: unknown[]): unknown[] {
  const last = given.at(-1);
  const keywords: Keywords = isKeywords(last) ? last : {};
  const [first, second] = isKeywords(last) ? given.slice(0, -1) : given;
  const filter = second ?? keywords["category_filter"] ?? keywords["categoryFilter"];
  const categoryFilter = Array.isArray(filter) ? filter.map(String) : [];
  const withCategories = first ?? keywords["with_categories"] ?? keywords["withCategories"];
  return withCategories
    ? getFlashedMessages({ withCategories: true, categoryFilter })
    : getFlashedMessages({ categoryFilter });
}

/** What nunjucks makes of arguments with names. */
function isKeywords(value: unknown): value is Keywords {
  return typeof value === "object" && value !== null && Object.hasOwn(value, "__keywords");
}

const GLOBALS: Readonly<Record<string, unknown>> = {
  config,
  g,
  session,
  request,
  url_for: templateUrlFor,
  urlFor: templateUrlFor,
  get_flashed_messages: templateFlashes,
  getFlashedMessages: templateFlashes,
  // As Python writes them.
  True: true,
  False: false,
  None: null,
};

// Which file may import which. Arrows point inward: adapters -> core <- stores. `npm run check:imports` holds the code to it.
// A new adapter or store needs no new rule, only its framework or client among the packages of its row.
import { readFileSync } from "node:fs";

const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));

/** What ships: the sources without the tests that stand beside them. */
const TESTS = "\\.test\\.ts$";
const OURS = "^(src|test|bench|examples|scripts)/";
const PACKAGES = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

/** A regular expression for the files of packages, wherever npm put them. */
const packages = (names) => (names.length === 0 ? [] : [`(^|/)node_modules/(@types/)?(${names.join("|")})/`]);

/** One row of the table below: what the files under `from` may import of ours, and which packages. Node's own are free. */
function layer({ name, from, comment, may, use = [] }) {
  return [
    {
      name: `${name} imports inward`,
      severity: "error",
      comment,
      from: { path: from, pathNot: TESTS },
      to: { path: OURS, pathNot: [from, ...may] },
    },
    {
      name: `${name} uses its own packages`,
      severity: "error",
      comment: `${comment} Of packages it may use ${use.join(", ") || "none"}.`,
      from: { path: from, pathNot: TESTS },
      to: { dependencyTypes: PACKAGES, pathNot: packages(use) },
    },
  ];
}

const CORE = "^src/core/";
const MANAGER = "^src/create-sessions\\.ts$";
/** Its types alone, so that a user's `declare module "coatcheck"` reaches the adapters. */
const INDEX = "^src/index\\.ts$";

/** An adapter sees the core, the manager's factory, other adapters' helpers, and its own framework. */
const adapter = (file, use = []) =>
  layer({
    name: `an adapter (${use[0] ?? "no framework"})`,
    from: `^src/adapters/${file}/`,
    comment: "An adapter translates a framework's request and response; it knows the core and its own framework only.",
    may: [CORE, MANAGER, INDEX, "^src/adapters/"],
    use,
  });

const store = (file, use = []) =>
  layer({
    name: `a store (${use[0] ?? "no client"})`,
    from: `^src/stores/${file}/`,
    comment: "A store keeps records; it knows the contract in src/core, other stores, and its own client only.",
    may: [CORE, "^src/stores/"],
    use,
  });

/** Adapters and stores that use a package have a row of their own; all others may use none. */
const adapters = {
  hono: ["hono"],
  express: ["express"],
  fastify: ["fastify", "fastify-plugin"],
  koa: ["koa"],
  next: ["next", "cookie"],
};
const stores = { redis: ["redis", "@redis/client", "ioredis"], postgres: ["pg"] };
const others = (named) => `(?!(?:${Object.keys(named).join("|")})/)[^/]+`;

const layers = [
  layer({
    name: "core",
    from: CORE,
    comment: "The core knows no store, no framework, no server.",
    may: [],
    use: ["cookie", "ms"],
  }),
  ...Object.entries(stores).map(([file, use]) => store(file, use)),
  store(others(stores)),
  ...Object.entries(adapters).map(([file, use]) => adapter(file, use)),
  adapter(others(adapters)),
  layer({
    name: "create-sessions",
    from: MANAGER,
    comment: "The factory of managers puts the core and the default store together.",
    may: [CORE, "^src/stores/"],
  }),
  layer({
    name: "index",
    from: INDEX,
    comment: "`coatcheck` itself needs no framework: adapters are imported by their own names.",
    may: [CORE, MANAGER, "^src/stores/"],
  }),
  layer({
    name: "csrf",
    from: "^src/csrf\\.ts$",
    comment: "`coatcheck/csrf` is the check of the core by itself.",
    may: [CORE],
  }),
  layer({
    name: "flask",
    from: "^src/flask/",
    comment:
      "Flask's API is an adapter upon the Hono adapter. Its configuration may name the embedded store's directory; its test client changes sessions as `coatcheck/testing` does.",
    may: [
      CORE,
      MANAGER,
      "^src/adapters/hono/index\\.ts$",
      "^src/stores/sqlite/index\\.ts$",
      "^src/testing/(cookie-jar|session-transaction|test-client)\\.ts$",
    ],
    use: ["hono", "@hono/node-server", "nunjucks", "cookie"],
  }),
  layer({
    name: "flask-cookie",
    from: "^src/flask-cookie/",
    comment: "Flask's formats are text and bytes; its stores know the core, and the ways to a Redis server.",
    may: [CORE, "^src/stores/redis/"],
    use: ["@msgpack/msgpack"],
  }),
  layer({
    name: "express-session",
    from: "^src/express-session/",
    comment: "The drop-in and the bridge know the core, and Node's adapter; express-session itself is the user's.",
    may: [CORE, MANAGER, "^src/adapters/"],
    use: ["cookie"],
  }),
  layer({
    name: "console",
    from: "^src/console/",
    comment: "The console shows what a manager tells; it is mounted through an adapter.",
    may: [CORE, MANAGER, "^src/adapters/"],
    use: ["bowser", "echarts"],
  }),
  layer({
    name: "cli",
    from: "^src/cli/",
    comment:
      "The command line opens a store by its address and asks a manager; it knows other libraries' cookies and records.",
    may: [CORE, MANAGER, "^src/stores/", "^src/express-session/", "^src/flask-cookie/"],
    use: ["commander", "picocolors", "redis", "pg"],
  }),
  layer({
    name: "opentelemetry",
    from: "^src/opentelemetry/",
    comment: "Telemetry reads the diagnostics channels of the core; it knows no store and no request.",
    may: [CORE],
    use: ["@opentelemetry/api"],
  }),
  layer({
    name: "testing",
    from: "^src/testing/",
    comment: "The conformance suite holds every store to the contract, so it must know none of them.",
    may: [CORE],
    use: ["fast-check", "cookie"],
  }),
].flat();

export default {
  forbidden: [
    ...layers,
    {
      name: "every file has a row",
      severity: "error",
      comment: "No row of .dependency-cruiser.mjs says what this file may import. Add one.",
      from: { path: "^src/", pathNot: [TESTS, ...new Set(layers.map((rule) => rule.from.path))] },
      to: {},
    },
    {
      name: "the library stands alone",
      severity: "error",
      comment: "What ships may not need the other folders: they are not in the package.",
      from: { path: "^src/", pathNot: TESTS },
      to: { path: "^(test|bench|examples|scripts)/" },
    },
    {
      name: "tests beside the sources lean on test/fixtures alone",
      severity: "error",
      comment: "A test of one module may use the common helpers, and nothing else outside src/.",
      from: { path: `^src/.*${TESTS}` },
      to: { path: "^(test|bench|examples|scripts)/", pathNot: "^(test/fixtures|scripts)/" },
    },
    {
      name: "the index is for types",
      severity: "error",
      comment: "Inside src/, `coatcheck` itself is imported for its types alone; code comes from the file that has it.",
      from: { path: "^src/", pathNot: TESTS },
      to: { path: INDEX, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no test in what ships",
      severity: "error",
      comment: "Tests are not in the package.",
      from: { path: "^src/", pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: "only what users get",
      severity: "error",
      comment: "What ships may import only packages in package.json's dependencies and peerDependencies.",
      from: { path: "^src/", pathNot: TESTS },
      to: {
        dependencyTypes: PACKAGES,
        pathNot: packages([...Object.keys(dependencies), ...Object.keys(peerDependencies)]),
      },
    },
    {
      name: "no undeclared dependency",
      severity: "error",
      comment: "Every package that is imported stands in package.json, or it is there by chance.",
      from: {},
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm", "npm-dev", "npm-peer"] },
    },
    {
      name: "no dead import",
      severity: "error",
      comment: "The imported file or package is not there. Is it written as the file is named, with its .ts?",
      from: {},
      // Next.js is the user's; it is installed by examples/login-next alone.
      to: { couldNotResolve: true, pathNot: "^next/headers\\.js$" },
    },
    {
      name: "no cycle",
      severity: "error",
      comment: "Two files that need each other are one file, or hide a third. Imports of types count.",
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // Examples with a package.json of their own have packages of their own, which are not installed here; so has the program
    // that test/package copies to users.
    exclude: {
      path: "^(dist|coverage)/|^test/.*fixtures/|^test/package/consumer/ecosystem/|^examples/(?!(login|tutorial)/)",
    },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["coatcheck-source", "import", "node", "types", "default"],
      extensions: [".ts", ".mjs", ".js", ".cjs", ".json", ".d.ts"],
    },
    skipAnalysisNotInRules: true,
  },
};

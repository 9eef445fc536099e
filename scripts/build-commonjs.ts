// The last step of `npm run build`: makes dist/cjs/ of dist/, for what can load CommonJS alone (decision 022). All entries
// share their chunks, so they are one copy of the library. Packages that are ES modules alone are put inside.
import { cpSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Plugin, rollup } from "rollup";
import ts from "typescript";

const TARGET = "dist/cjs";

interface Manifest {
  readonly type?: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string; readonly require?: object }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

const manifest = readManifest("package.json");
const packages = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });

/** The comments stand in the other build, and in the types. */
const withoutComments: Plugin = {
  name: "without comments",
  transform: (code) => ({
    code: ts.transpileModule(code, {
      compilerOptions: { removeComments: true, target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext },
    }).outputText,
    map: null,
  }),
};

const withModulesInside: Plugin = {
  name: "with modules inside",
  resolveId: (name) => (packages.includes(name) ? fileURLToPath(import.meta.resolve(name)) : null),
};

rmSync(TARGET, { recursive: true, force: true });
await bundle();
copyDeclarations();
copyCallable();
writeFileSync(`${TARGET}/package.json`, `${JSON.stringify({ type: "commonjs", sideEffects: false })}\n`);

async function bundle(): Promise<void> {
  const build = await rollup({
    input: entries(),
    external: isExternal,
    plugins: [withModulesInside, withoutComments],
    treeshake: false,
    onwarn: fail,
  });
  await build.write({
    dir: TARGET,
    format: "cjs",
    entryFileNames: "[name].js",
    chunkFileNames: "shared/[name]-[hash].js",
    exports: "named",
    interop: "auto",
    // Test runners without modules of their own have no import() either.
    dynamicImportInCjs: false,
    generatedCode: { constBindings: true, symbols: true },
  });
  await build.close();
}

/** `dist/adapters/express/index.js` by its name without ending: `adapters/express`. */
function entries(): Record<string, string> {
  const files = Object.values(manifest.exports).flatMap((targets) =>
    typeof targets === "object" && targets.require ? [targets.default] : [],
  );
  return Object.fromEntries(files.map((file) => [path.relative("dist", file).replace(/\.js$/, ""), file]));
}

/** Node's own modules, what users bring, and what CommonJS can load. */
function isExternal(name: string): boolean {
  if (name.startsWith("node:") || builtinModules.includes(name)) return true;
  const known = packages.find((known) => name === known || name.startsWith(`${known}/`));
  return known !== undefined && (known in manifest.peerDependencies || !isModuleAlone(known));
}

function isModuleAlone(name: string): boolean {
  const { type, exports } = readManifest(`node_modules/${name}/package.json`);
  return type === "module" && !JSON.stringify(exports ?? {}).includes('"require"');
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(file, "utf8"));
}

function fail({ message }: { readonly message: string }): never {
  throw new Error(message);
}

/** They are the same in both formats, and "type" in package.json says which they are of. */
function copyDeclarations(): void {
  for (const file of globSync("dist/**/*.d.ts", { exclude: ["dist/cli/**", `${TARGET}/**`] })) {
    const copy = path.join(TARGET, path.relative("dist", file));
    mkdirSync(path.dirname(copy), { recursive: true });
    writeFileSync(copy, readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n"));
  }
}

/** The function that `require("coatcheck/express-session")` gives finds its module beside itself. */
function copyCallable(): void {
  cpSync("dist/express-session/index.cjs", `${TARGET}/express-session/index.cjs`);
}

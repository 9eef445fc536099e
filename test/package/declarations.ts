// What a TypeScript user sees of the package.
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/** The ways in which a user's compiler may be set to find modules. */
export const RESOLUTIONS = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
} satisfies Record<string, ts.CompilerOptions>;

/** Every place in a declaration file where the type `any` stands, as `file:line: the line`. */
export function findAny(file: string): readonly string[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(place(source, node.getStart(source)));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function place(source: ts.SourceFile, position: number): string {
  const { line } = source.getLineAndCharacterOfPosition(position);
  return `${path.basename(source.fileName)}:${line + 1}: ${source.text.split("\n")[line]?.trim()}`;
}

/**
 * What the compiler has against a user's program and against the declarations of the package that it imports.
 * @param options `types`: the packages whose types are there without an import. Default: Node's.
 */
export function compileAsUser(program: string, packageFolder: string, options: ts.CompilerOptions): readonly string[] {
  const compiled = ts.createProgram([program], {
    types: ["node"],
    ...options,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    typeRoots: [path.join(path.dirname(program), "node_modules/@types")],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  });
  const files = compiled
    .getSourceFiles()
    .filter(({ fileName }) => fileName === program || isInside(packageFolder, fileName));
  return [
    ...compiled.getOptionsDiagnostics(),
    ...compiled.getGlobalDiagnostics(),
    ...files.flatMap((file) => [...compiled.getSyntacticDiagnostics(file), ...compiled.getSemanticDiagnostics(file)]),
  ].map(describe);
}

function isInside(folder: string, file: string): boolean {
  return file.startsWith(`${folder}/`);
}

function describe({ file, start, messageText }: ts.Diagnostic): string {
  const text = ts.flattenDiagnosticMessageText(messageText, " ");
  return file === undefined ? text : `${place(file, start ?? 0)}  <- ${text}`;
}

/** A program's JavaScript, for Nodes that know no types. */
export function toJavaScript(file: string): string {
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  return ts.transpileModule(readFileSync(file, "utf8"), { compilerOptions }).outputText;
}

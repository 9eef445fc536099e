// A consumer's program, compiled and completed by the TypeScript that it uses.
import { fileURLToPath } from "node:url";
import ts from "typescript";

const folder = fileURLToPath(new URL("./", import.meta.url));
const fileName = `${folder}consumer.ts`;

const resolutions = {
  node16: { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
};

/** Parsed files, shared by all compilations; the consumer's own text has a new version in each. */
const documents = ts.createDocumentRegistry();
let compilations = 0;

interface Consumer {
  /** The messages of all errors in the code. */
  readonly errors: string[];
  /** The names that the editor offers at the mark `/*here*​/`. */
  readonly completions: string[];
}

/**
 * Compiles a program as a user would, and asks what the editor offers in it.
 * @param checksLibraries Whether the errors in the declarations of packages count, as with `skipLibCheck: false`.
 */
export function compile(
  code: string,
  resolution: keyof typeof resolutions,
  { checksLibraries = false }: { checksLibraries?: boolean } = {},
): Consumer {
  const options: ts.CompilerOptions = {
    ...resolutions[resolution],
    target: ts.ScriptTarget.ES2023,
    strict: true,
    noEmit: true,
    skipLibCheck: !checksLibraries,
    types: ["node"],
    allowImportingTsExtensions: true,
    customConditions: ["coatcheck-source"],
  };
  const version = String(++compilations);
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => options,
    getScriptFileNames: () => [fileName],
    getScriptVersion: (path) => (path === fileName ? version : "1"),
    getScriptSnapshot: (path) => {
      const text = path === fileName ? code : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => folder,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (path) => path === fileName || ts.sys.fileExists(path),
    readFile: (path) => (path === fileName ? code : ts.sys.readFile(path)),
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  };
  const service = ts.createLanguageService(host, documents);
  const diagnostics = [...service.getSyntacticDiagnostics(fileName), ...service.getSemanticDiagnostics(fileName)];
  if (checksLibraries) diagnostics.push(...libraryErrors(service));
  const mark = code.indexOf("/*here*/");
  const completions = mark === -1 ? undefined : service.getCompletionsAtPosition(fileName, mark, undefined);
  return {
    errors: diagnostics.map(({ messageText, start = 0 }) => {
      const line = code.slice(0, start).split("\n").length;
      return `${ts.flattenDiagnosticMessageText(messageText, "\n")} (${code.split("\n")[line - 1]?.trim()})`;
    }),
    completions: completions?.entries.map((entry) => entry.name) ?? [],
  };
}

/** The errors in the declarations that packages bring. */
function libraryErrors(service: ts.LanguageService): readonly ts.Diagnostic[] {
  const program = service.getProgram();
  const files = program?.getSourceFiles().filter((file) => file.isDeclarationFile) ?? [];
  return files.flatMap((file) => program?.getSemanticDiagnostics(file) ?? []);
}

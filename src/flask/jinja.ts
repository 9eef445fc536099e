// Where Jinja and nunjucks read a template differently, Jinja's way for what Flask's own pages use most: empty lists are
// false, `for … if`, `d.items()`, the fields of a form that may be missing, and an error for an attribute of what
// is not there. Nunjucks compiles with these parts in place of its own; nothing of it is changed for other users.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type * as Nunjucks from "nunjucks";
import { escapeText } from "./html.ts";
import { lenientViewOf } from "./multi-dict.ts";

type Node = object;
type Frame = { push(): Frame; set(name: string, id: string): void };

interface ForNode {
  readonly lineno: number;
  readonly colno: number;
  readonly name: { readonly value?: string; readonly children?: readonly { readonly value: string }[] };
  arr: Node;
}

interface InlineIfNode {
  readonly lineno: number;
  readonly colno: number;
  cond: Node;
  readonly body: Node;
  readonly else_: Node | null;
}

/** What of nunjucks' compiler and parser is used; its types leave them out. */
interface CompilerBase {
  compile(node: Node, frame?: Frame): void;
  compileIf(node: InlineIfNode, frame: Frame): void;
  compileInlineIf(node: InlineIfNode, frame: Frame): void;
  getCode(): string;
  _emit(code: string): void;
  _tmpid(): string;
}

interface ParserBase {
  extensions: unknown[];
  parseFor(): ForNode;
  parseAsRoot(): Node;
}

type NodeClass = (new (
  line: number,
  column: number,
  ...fields: unknown[]
) => Node) & {
  extend(name: string, props: object): NodeClass;
};

interface Internals {
  readonly compiler: { readonly Compiler: new (name: string) => CompilerBase };
  readonly parser: { readonly Parser: new (tokens: unknown) => ParserBase };
  readonly lexer: { lex(source: string, options: object): unknown };
  readonly nodes: Readonly<Record<"InlineIf" | "Not" | "And", NodeClass>>;
  readonly runtime: typeof RUNTIME_MODEL;
}

/** The functions that compiled templates call. */
declare const RUNTIME_MODEL: {
  memberLookup(object: unknown, name: unknown): unknown;
  fromIterator(value: unknown): unknown;
  SafeString: new (text: string) => object;
};

type TemplateFunction = (env: unknown, context: unknown, frame: unknown, runtime: unknown, done: unknown) => unknown;

/** Templates of a folder, compiled with Jinja's rules. */
export function createJinjaLoader(
  nunjucks: typeof Nunjucks,
  folder: string,
  extensions: () => unknown[],
  noCache: boolean,
): Nunjucks.ILoader {
  const internals = nunjucks as unknown as Internals;
  const compile = createCompile(internals);
  const runtime = createRuntime(internals.runtime);
  const files = new nunjucks.FileSystemLoader(folder, { noCache });
  return {
    getSource(name: string) {
      const found = files.getSource(name) as Nunjucks.LoaderSource | null;
      if (!found) return found as unknown as Nunjucks.LoaderSource;
      const code = compile(readFileSync(found.path, "utf8"), name, extensions());
      const functions = Object.entries(code).map(([key, run]) => [
        key,
        typeof run === "function" ? withRuntime(run, runtime) : run,
      ]);
      return { ...found, src: { type: "code", obj: Object.fromEntries(functions) } as unknown as string };
    },
  };
}

function withRuntime(run: TemplateFunction, runtime: object): TemplateFunction {
  return (env, context, frame, _runtime, done) => run(env, context, frame, runtime, done);
}

function createCompile({ compiler, parser, lexer, nodes }: Internals) {
  const { transform } = createRequire(import.meta.url)("nunjucks/src/transformer") as {
    transform(ast: Node, asyncFilters: unknown[], name: string): Node;
  };
  /** Whether a value is true in Python. */
  const IsTrue = nodes.Not.extend("IsTrue", {});
  /** What a single name runs over, and what `for … if` lets through. */
  const Members = nodes.Not.extend("Members", {});
  const Selected = nodes.And.extend("Selected", { names: [] });

  class JinjaParser extends parser.Parser {
    override parseFor(): ForNode {
      const node = super.parseFor();
      const { lineno, colno } = node;
      const names = node.name.children?.map(({ value }) => value) ?? [node.name.value ?? ""];
      const { arr } = node;
      const [list, condition] = isFilter(arr) ? [arr.body, arr.cond] : [arr, undefined];
      const members = names.length === 1 ? new Members(lineno, colno, list) : list;
      node.arr = condition ? Object.assign(new Selected(lineno, colno, members, condition), { names }) : members;
      return node;
    }
  }

  const isFilter = (node: Node): node is InlineIfNode =>
    node instanceof nodes.InlineIf && Reflect.get(node, "else_") === null;
  const isTrue = (node: InlineIfNode): Node => new IsTrue(node.lineno, node.colno, node.cond);

  class JinjaCompiler extends compiler.Compiler {
    override compileIf(node: InlineIfNode, frame: Frame): void {
      node.cond = isTrue(node);
      super.compileIf(node, frame);
    }

    override compileInlineIf(node: InlineIfNode, frame: Frame): void {
      node.cond = isTrue(node);
      super.compileInlineIf(node, frame);
    }

    compileIsTrue(node: { target: Node }, frame: Frame): void {
      this.#call("isTrue", node.target, frame);
    }

    compileMembers(node: { target: Node }, frame: Frame): void {
      this.#call("members", node.target, frame);
    }

    compileNot(node: { target: Node }, frame: Frame): void {
      this._emit("!");
      this.#call("isTrue", node.target, frame);
    }

    compileOr(node: { left: Node; right: Node }, frame: Frame): void {
      this.#choose(node, frame, (right) => ["value : ", right]);
    }

    compileAnd(node: { left: Node; right: Node }, frame: Frame): void {
      this.#choose(node, frame, (right) => [right, " : value"]);
    }

    compileSelected(node: { left: Node; right: Node; names: readonly string[] }, frame: Frame): void {
      const inner = frame.push();
      const ids = node.names.map((name) => {
        const id = this._tmpid();
        inner.set(name, id);
        return id;
      });
      this._emit("runtime.select(");
      this.compile(node.left, frame);
      this._emit(`, (${ids.length === 1 ? ids[0] : `[${ids.join(", ")}]`}) => `);
      this.#call("isTrue", node.right, inner);
      this._emit(")");
    }

    #call(name: string, argument: Node, frame: Frame): void {
      this._emit(`runtime.${name}(`);
      this.compile(argument, frame);
      this._emit(")");
    }

    /** The value of the one operand or of the other, after what is true in Python. */
    #choose(
      node: { left: Node; right: Node },
      frame: Frame,
      branches: (right: () => void) => (string | (() => void))[],
    ): void {
      this._emit("((value) => runtime.isTrue(value) ? ");
      for (const part of branches(() => this.compile(node.right, frame))) {
        if (typeof part === "string") this._emit(part);
        else part();
      }
      this._emit(")(");
      this.compile(node.left, frame);
      this._emit(")");
    }
  }

  return (source: string, name: string, extensions: unknown[]): Record<string, TemplateFunction | boolean> => {
    // As Flask has it: one line break at the end is dropped.
    const parsed = new JinjaParser(lexer.lex(source.replace(/\r?\n$/, ""), {}));
    parsed.extensions = extensions;
    const compiled = new JinjaCompiler(name);
    compiled.compile(transform(parsed.parseAsRoot(), [], name));
    return new Function(compiled.getCode())() as Record<string, TemplateFunction | boolean>;
  };
}

function createRuntime(runtime: Internals["runtime"]): object {
  return {
    ...runtime,
    isTrue,
    members,
    select: (list: unknown, isWanted: (item: unknown) => boolean) =>
      [...asIterable(runtime.fromIterator(list))].filter(isWanted),

    suppressValue(value: unknown, escapes: boolean): unknown {
      if (value === undefined || value === null) return "";
      return escapes && !(value instanceof runtime.SafeString) ? escapeText(String(value)) : value;
    },

    memberLookup(object: unknown, name: unknown): unknown {
      if (object === undefined)
        throw new TypeError(`The template asks for "${String(name)}" of something that is undefined.`);
      const own = runtime.memberLookup(lenientViewOf(object) ?? object, name);
      return own === undefined ? methodOf(object, name) : own;
    },
  };
}

function asIterable(list: unknown): Iterable<unknown> {
  return list !== null && typeof list === "object" && Symbol.iterator in list ? (list as Iterable<unknown>) : [];
}

/** What is true in Python: no empty text, list or dict, no 0. */
export function isTrue(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return Boolean(value);
  if (Array.isArray(value) || value instanceof String) return value.length > 0;
  if (value instanceof Map || value instanceof Set) return value.size > 0;
  const view = lenientViewOf(value);
  if (view) return view.keys().length > 0;
  const text: unknown = Reflect.get(value, "val");
  if (typeof text === "string" && "length" in value) return text !== "";
  return !isDict(value) || Object.keys(value).length > 0;
}

/** A dict gives its keys, a text its characters. */
function members(value: unknown): unknown {
  if (typeof value === "string") return [...value];
  if (value instanceof Map) return [...value.keys()];
  const view = typeof value === "object" && value !== null ? lenientViewOf(value) : undefined;
  if (view) return view.keys();
  return isDict(value) ? Object.keys(value) : value;
}

/** Plain objects, and what looks like one: the session, a form, the config. */
function isDict(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  if (lenientViewOf(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The methods of Python's dict; `undefined` for any other name, and of anything else. */
function methodOf(object: unknown, name: unknown): unknown {
  if (!isDict(object)) return undefined;
  switch (name) {
    case "items":
      return () => Object.entries(object);
    case "keys":
      return () => Object.keys(object);
    case "values":
      return () => Object.values(object);
    case "get":
      return (key: string, fallback: unknown = null) => (Object.hasOwn(object, key) ? object[key] : fallback);
    default:
      return undefined;
  }
}

// `{% with messages = get_flashed_messages() %} … {% endwith %}`, which Jinja has and nunjucks has not, and which Flask's
// own pages on flashed messages are written with. A name that is set inside is gone after the end.

/** What of nunjucks' parser is used; it has no types of its own. */
interface Parser {
  nextToken(): Token;
  peekToken(): Token;
  parsePrimary(): Node;
  parseExpression(): Node;
  parseUntilBlocks(...ends: string[]): Node;
  advanceAfterBlockEnd(name?: string): void;
  skip(type: string): boolean;
  skipValue(type: string, value: string): boolean;
  fail(message: string, line: number, column: number): never;
}

interface Token {
  readonly lineno: number;
  readonly colno: number;
  readonly value: unknown;
}

type Node = object;
type NodeClass = new (line: number, column: number, ...fields: unknown[]) => Node;

interface Nodes {
  readonly For: NodeClass;
  readonly Array: NodeClass;
  readonly NodeList: NodeClass;
  readonly Symbol: NodeClass;
}

interface Lexer {
  readonly TOKEN_COMMA: string;
  readonly TOKEN_OPERATOR: string;
}

interface Extension {
  readonly tags: string[];
  parse(parser: Parser, nodes: Nodes, lexer: Lexer): Node;
}

/** An extension for `environment.addExtension`. */
export const WITH_TAG: Extension = {
  tags: ["with"],

  /** A loop over the one value: it has a scope of its own, which is what the tag is for. */
  parse(parser: Parser, nodes: Nodes, lexer: Lexer): Node {
    const { lineno, colno } = parser.nextToken();
    const assigned = parseAssignments(parser, nodes, lexer);
    parser.advanceAfterBlockEnd("with");
    const body = parser.parseUntilBlocks("endwith");
    parser.advanceAfterBlockEnd();
    return assigned.reduceRight<Node>((inner, { name, value }) => {
      const once = new nodes.Array(lineno, colno, [value]);
      return new nodes.For(lineno, colno, once, name, new nodes.NodeList(lineno, colno, [inner]));
    }, body);
  },
};

function parseAssignments(parser: Parser, nodes: Nodes, lexer: Lexer): { name: Node; value: Node }[] {
  const assigned: { name: Node; value: Node }[] = [];
  do {
    const { lineno, colno } = parser.peekToken();
    const name = parser.parsePrimary();
    if (!(name instanceof nodes.Symbol) || !parser.skipValue(lexer.TOKEN_OPERATOR, "=")) {
      parser.fail("with: expected a name, = and a value", lineno, colno);
    }
    assigned.push({ name, value: parser.parseExpression() });
  } while (parser.skip(lexer.TOKEN_COMMA));
  return assigned;
}

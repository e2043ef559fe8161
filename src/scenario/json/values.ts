import { nearest } from '../../trace/nearest.ts';
import { FLAG, type Json, type Kind } from '../kinds/kind.ts';
import { lexLine } from '../text/lexer.ts';
import { didYouMean, listed, type Problems } from '../text/problems.ts';
import { Cursor, type Token, Wrong } from '../text/tokens.ts';
import { NO_SCOPE } from '../text/variables.ts';
import type { Span } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import type { JsonMember, JsonNode } from './reader.ts';

/** Members of an object by name; each is taken once, and what is left over is not known. */
export class Members {
  readonly at: Span;
  private readonly left: Map<string, JsonMember>;

  constructor(node: JsonNode) {
    this.at = node.at;
    this.left = new Map(
      (node.type === 'object' ? (node.value as readonly JsonMember[]) : []).map((member) => [member.name, member]),
    );
  }

  take(name: string): JsonNode | undefined {
    const member = this.left.get(name);
    this.left.delete(name);
    return member?.node;
  }

  get rest(): readonly JsonMember[] {
    return [...this.left.values()];
  }
}

/** Reads values of the JSON form, and tells what is wrong with them. */
export class JsonValues {
  private readonly file: string;
  private readonly problems: Problems;

  constructor(file: string, problems: Problems) {
    this.file = file;
    this.problems = problems;
  }

  /** Undefined: it is wrong, and was told; or it is `false`. */
  valueOf(kind: Kind, node: JsonNode): unknown {
    if (kind === FLAG) {
      if (node.type !== 'boolean') this.problems.add(node.at, 'expected true or false');
      return node.value === true ? true : undefined;
    }
    const template = templateIn(node);
    if (template !== undefined) return new Template(kind.name, template, node.at);
    try {
      const cursor = new Cursor(this.tokens(kind, node), node.at);
      const value: unknown = kind.read(cursor);
      if (!cursor.done) throw new Wrong(node.at, `\`${cursor.peek()!.text}\` is not expected here: expected ${kind.expected}`);
      return value;
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.problems.add(node.at, error.message, error.hint);
      return undefined;
    }
  }

  /** What a script would have in the place of the JSON value. */
  private tokens(kind: Kind, node: JsonNode): readonly Token[] {
    const json = plain(node);
    const text =
      kind.textOfJson === undefined
        ? typeof json === 'string' || typeof json === 'number'
          ? String(json)
          : undefined
        : kind.textOfJson(json);
    if (text === undefined) throw new Wrong(node.at, `expected ${kind.expected}`);
    if (kind.verbatim === true && typeof json === 'string')
      return [{ type: 'string', raw: JSON.stringify(json), text, open: false, at: node.at }];
    const fail = (_: Span, message: string, hint?: string): never => {
      throw new Wrong(node.at, message, hint);
    };
    return lexLine(text, this.file, node.at.line, NO_SCOPE, fail).tokens.map((token) => ({ ...token, at: node.at }));
  }

  strings(node: JsonNode | undefined): string[] {
    if (node === undefined) return [];
    return this.list(node, node.at, 'strings').flatMap((each) => {
      if (each.type === 'string') return [each.value as string];
      this.problems.add(each.at, 'expected a string');
      return [];
    });
  }

  /** `null`: it may be absent. */
  list(node: JsonNode | null | undefined, at: Span, name: string): readonly JsonNode[] {
    if (node?.type === 'array') return node.value as readonly JsonNode[];
    if (node !== null)
      this.problems.add(node?.at ?? at, node === undefined ? `\`${name}\` is missing: a list` : `\`${name}\` is a list`);
    return [];
  }

  object(node: JsonNode, what: string): Members {
    if (node.type !== 'object') this.problems.add(node.at, `${what} is an object`);
    return new Members(node);
  }

  unknown(members: Members, known: readonly string[], label: string): void {
    for (const { name, at } of members.rest) {
      this.problems.add(
        at,
        `${label} has no \`${name}\``,
        didYouMean(nearest(name, known, 2)) ?? (known.length > 0 ? `there may be ${listed(known)}` : undefined),
      );
    }
  }
}

function templateIn(node: JsonNode): string | undefined {
  if (node.type !== 'object') return undefined;
  const [first, ...more] = node.value as readonly JsonMember[];
  return first?.name === 'template' && more.length === 0 && first.node.type === 'string'
    ? (first.node.value as string)
    : undefined;
}

/** The JSON value without positions. */
function plain(node: JsonNode): Json {
  if (node.type === 'array') return (node.value as readonly JsonNode[]).map(plain);
  if (node.type === 'object')
    return Object.fromEntries((node.value as readonly JsonMember[]).map((member) => [member.name, plain(member.node)]));
  return node.value as Json;
}

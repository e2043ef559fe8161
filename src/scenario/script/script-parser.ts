import { quoted } from '../kinds/kind.ts';
import { FILE } from '../kinds/text.ts';
import { looksLikeTime, STEP_TIME } from '../kinds/times.ts';
import { EXPECT_SHAPES, HOST_TYPES, STRUCTURE_WORDS, SUBJECT_SHAPES, VERB_SHAPES } from '../statements/index.ts';
import { REPEAT_VARIABLE, readForHead, readRepeatHead } from '../statements/loops.ts';
import { type Draft, newDraft, readBody, readItem } from '../statements/read-statement.ts';
import { isAction, matchVerb, spelling, unknownExpectation, unknownStatement } from '../statements/verbs.ts';
import { commentText } from '../text/comment.ts';
import { lexLine, type Report } from '../text/lexer.ts';
import type { Problems } from '../text/problems.ts';
import { Cursor, type Line, type Token, Wrong } from '../text/tokens.ts';
import { NO_SCOPE, type Scope } from '../text/variables.ts';
import type { Comments } from '../tree/node.ts';
import {
  type Expectation,
  type IncludeStatement,
  isOfAnalysis,
  type Script,
  type Span,
  type Statement,
  type StepStatement,
} from '../tree/script.ts';

/** Loops in one another. Each level doubles the rounds that are checked before a run: the first and the last of every loop. */
const MOST_NESTED = 12;

/** A loop that is open, or the script itself. */
interface Block {
  readonly statements: Statement[];
  /** Its own line could not be read: only its body is. */
  readonly failed?: boolean;
  /** The loop's own statement without its body. */
  readonly head: Record<string, unknown> | null;
  readonly scope: Scope;
  readonly at: Span | null;
}

/** The step before, for the expectations below it. */
interface Judged {
  readonly indent: number;
  readonly expects: Expectation[];
  readonly wrap: (open: boolean) => void;
}

/** Reads the text of a script line by line; after a line that is wrong it goes on with the next. */
export class ScriptParser {
  private readonly lines: readonly string[];
  private readonly file: string;
  private readonly include: (path: string, at: Span) => Script | null;
  private readonly problems: Problems;
  private readonly blocks: Block[];
  private judged: Judged | null = null;
  /** The line before was a step that could not be read: its expectations are let pass. */
  private spoilt = -1;
  private before: string[] = [];
  /** Names of clients and connections so far, for suggestions. */
  private readonly names = new Set<string>();

  constructor(text: string, file: string, include: (path: string, at: Span) => Script | null, problems: Problems) {
    this.lines = text.replace(/^\ufeff/, '').split(/\r\n|\n|\r/);
    this.file = file;
    this.include = include;
    this.problems = problems;
    problems.sources.set(file, this.lines);
    this.blocks = [{ statements: [], head: null, scope: NO_SCOPE, at: null }];
  }

  parse(): Script {
    this.lines.forEach((source, index) => {
      if (this.problems.full) return;
      const report: Report = (at, message, hint) => this.problems.add(at, message, hint);
      // there is better to say of `for $n` than that $n is not known yet
      const line = lexLine(source, this.file, index + 1, this.block.scope, /^\s*for\s+\$/i.test(source) ? () => {} : report);
      if (line.tokens.length === 0) this.remark(line);
      else this.statement(line);
    });
    while (this.blocks.length > 1) {
      this.problems.add(this.block.at!, 'this loop is not closed', 'add `end` after its last step');
      this.close(undefined);
    }
    while (this.before.at(-1) === '') this.before.pop();
    return { file: this.file, statements: this.block.statements, tail: this.before, sources: this.problems.sources };
  }

  private get block(): Block {
    return this.blocks.at(-1)!;
  }

  /** A blank line or a comment; of several blank lines one is kept, and none at the beginning. */
  private remark(line: Line): void {
    if (line.comment !== undefined) this.before.push(commentText(line.comment));
    else if (this.before.at(-1) !== '' && (this.before.length > 0 || this.block.statements.length > 0)) this.before.push('');
  }

  private statement(line: Line): void {
    const problemsBefore = this.problems.count;
    const first = line.tokens[0]!;
    const last = line.tokens.at(-1)!.at;
    const end: Span = { ...last, column: last.column + last.length, length: 1 };
    const cursor = new Cursor(line.tokens, end);
    const at = { ...first.at, length: end.column - first.at.column };
    try {
      this.dispatch(line, cursor, at);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.tell(error);
    }
    const isExpectation = cursor.tokens.some((token, i) => i < 2 && token.text.toLowerCase() === 'expect');
    if (this.problems.count > problemsBefore) this.doubt(line);
    if (this.problems.count > problemsBefore && !isExpectation) {
      this.spoilt = line.indent;
      this.judged = null;
    } else if (!isExpectation) this.spoilt = -1;
  }

  /** Names after `client` and `as`, and whoever connects. */
  private doubt({ tokens }: Line): void {
    tokens.forEach((token, i) => {
      const word = token.text.toLowerCase();
      const next = tokens[i + 1]?.text;
      if ((word === 'client' || word === 'as') && next !== undefined) this.problems.doubtful.add(next);
      else if (word === 'connect' && i > 0) this.problems.doubtful.add(tokens[i - 1]!.text);
    });
  }

  private readonly tell = (wrong: Wrong): void => this.problems.add(wrong.at, wrong.message, wrong.hint);

  private comments(line: Line): { comments?: Comments } {
    const before = this.before;
    this.before = [];
    if (before.length === 0 && line.comment === undefined) return {};
    return { comments: { before, ...(line.comment === undefined ? {} : { after: line.comment }) } };
  }

  private dispatch(line: Line, cursor: Cursor, at: Span): void {
    const draft = newDraft();
    const first = cursor.peek()!;
    if (first.type === 'word' && looksLikeTime(first.text)) {
      readItem(cursor, { key: 'time', kind: STEP_TIME }, draft);
    }
    const token = cursor.next('a step');
    if (token.type === 'string') throw new Wrong(token.at, 'a statement begins with a word, and not with a string');
    const word = token.text.toLowerCase();
    if ((STRUCTURE_WORDS as readonly string[]).includes(word) && !isAction(cursor)) {
      if (draft.values.time !== undefined) throw new Wrong(first.at, `\`${word}\` has no time`, 'times stand before steps');
      this.structure(word, token, line, cursor, at);
    } else this.simple(line, cursor, at, draft, token);
  }

  /** A statement that is one line. */
  private simple(line: Line, cursor: Cursor, at: Span, draft: Draft, token: Token): void {
    const verb = matchVerb(VERB_SHAPES, cursor, cursor.index - 1);
    const isSubject = verb === undefined || isAction(cursor);
    const found = isSubject ? matchVerb(SUBJECT_SHAPES, cursor, cursor.index) : verb;
    if (found === undefined) throw unknownStatement(token, cursor, this.names);
    const { shape } = found;
    const isHost = HOST_TYPES.has(shape.type);
    if (isHost && draft.values.time !== undefined) {
      throw new Wrong(draft.where.time!, `\`${token.raw}\` belongs to the host part and has no time`);
    }
    if (isHost && this.blocks.length > 1)
      throw new Wrong(token.at, `\`${token.raw}\` belongs to the host part and cannot stand in a loop`);
    if (shape.subject !== undefined) {
      cursor.index--;
      readItem(cursor, shape.subject, draft);
    }
    cursor.index = found.end;
    Object.assign(draft.values, found.verb.sets);
    const spelled = spelling(found, cursor);
    const before = this.problems.count;
    readBody(cursor, shape, draft, spelled, this.tell);
    if (this.problems.count > before) {
      this.remember(draft);
      this.comments(line);
      return;
    }
    this.remember(draft);
    const expects: Expectation[] = [];
    const own = isHost ? {} : { expects };
    const node = { type: shape.type, at, where: draft.where, ...this.comments(line), ...draft.values, ...own };
    const { statements } = this.block;
    const place = statements.length;
    statements.push(wrapped(node, draft.open));
    if (!isHost) {
      this.judged = { indent: line.indent, expects, wrap: (open) => (statements[place] = wrapped(node, open || draft.open)) };
    } else this.judged = null;
  }

  private remember({ values }: Draft): void {
    for (const name of [values.name, values.as]) if (typeof name === 'string') this.names.add(name);
  }

  private structure(word: string, token: Token, line: Line, cursor: Cursor, at: Span): void {
    if (word === 'expect') this.expectation(line, cursor, at, token);
    else if (word === 'end') this.endOfLoop(line, cursor, token);
    else if (word === 'include') this.inclusion(line, cursor, at, token);
    else this.open(word, line, cursor, at);
  }

  private endOfLoop(line: Line, cursor: Cursor, token: Token): void {
    this.judged = null;
    this.ended(cursor);
    if (this.blocks.length === 1) throw new Wrong(token.at, 'there is no loop to end here');
    this.close(this.comments(line).comments);
  }

  private inclusion(line: Line, cursor: Cursor, at: Span, token: Token): void {
    this.judged = null;
    const draft = newDraft();
    readItem(cursor, { key: 'file', kind: FILE }, draft);
    this.ended(cursor);
    if (this.blocks.length > 1) throw new Wrong(token.at, '`include` cannot stand in a loop');
    const script = this.include(draft.values.file as string, draft.where.file!);
    const node = { type: 'include', at, where: draft.where, ...this.comments(line), file: draft.values.file as string, script };
    this.block.statements.push(node as IncludeStatement);
  }

  private open(word: string, line: Line, cursor: Cursor, at: Span): void {
    this.judged = null;
    const { scope } = this.block;
    const head = { type: word, at, ...this.comments(line) };
    const push = (values: Record<string, unknown>, inner: Scope, failed = false): void => {
      this.blocks.push({ statements: [], head: { ...head, ...values }, scope: inner, at, failed });
    };
    try {
      // the first of them is the script itself; it is said once, of the outermost that is too deep
      if (this.blocks.length === MOST_NESTED + 1)
        throw new Wrong(at, `loops are nested too deeply: there may be ${MOST_NESTED} in one another`);
      const { values, inner } = word === 'repeat' ? readRepeatHead(cursor, scope) : readForHead(cursor, scope);
      push(values, inner);
      this.ended(cursor);
    } catch (error) {
      // its body is read all the same, so that `end` has something to end
      if (this.blocks.at(-1)?.at !== at) push({}, new Map([...scope, [unreadVariable(cursor), '1']]), true);
      throw error;
    }
  }

  private close(endComments: Comments | undefined): void {
    const { head, statements, failed } = this.blocks.pop()!;
    this.judged = null;
    if (failed === true) return;
    const node = { ...head, body: statements, ...(endComments === undefined ? {} : { endComments }) };
    this.block.statements.push(node as unknown as StepStatement);
  }

  private ended(cursor: Cursor): void {
    const token = cursor.peek();
    if (token !== undefined) throw new Wrong(token.at, `${quoted(token)} is not expected here: expected the end of the line`);
  }

  private expectation(line: Line, cursor: Cursor, at: Span, token: Token): void {
    const found = matchVerb(EXPECT_SHAPES, cursor, cursor.index);
    if (found === undefined) throw unknownExpectation(cursor);
    const draft = newDraft();
    cursor.index = found.end;
    Object.assign(draft.values, found.verb.sets);
    const before = this.problems.count;
    const spelled = spelling(found, cursor);
    readBody(cursor, found.shape, draft, `expect ${spelled}`, this.tell);
    const node = {
      type: found.shape.type,
      at,
      where: draft.where,
      ...this.comments(line),
      ...draft.values,
    } as unknown as Expectation;
    if (this.problems.count > before) return;
    const { judged } = this;
    if (judged !== null && line.indent > judged.indent) {
      judged.expects.push(node);
      if (draft.open) judged.wrap(true);
      return;
    }
    if (this.spoilt >= 0 && line.indent > this.spoilt) return;
    if (!['count', 'reason', 'decision'].includes(node.type) && !isOfAnalysis(node)) {
      const notBelow = judged === null ? 'there is no step above it' : 'it is indented no deeper than the step above it';
      const why = line.indent > 0 ? notBelow : 'it stands at the margin, where the run so far is judged';
      throw new Wrong(
        token.at,
        `\`expect ${spelled}\` judges a step, and ${why}`,
        'indent it under the step that it judges; for the run so far there are `expect count`, `expect reason` and `expect decision`',
      );
    }
    this.block.statements.push(wrapped({ type: 'check', at, where: {}, expects: [node] }, draft.open));
  }
}

/** What the variable of a loop was probably to be called. */
function unreadVariable({ tokens }: Cursor): string {
  const word = tokens[1]?.text.replace(/^\$/, '') ?? '';
  return /^[A-Za-z_]\w*$/.test(word) ? word : REPEAT_VARIABLE;
}

/** A step with a variable in it waits until its loop is run. */
export function wrapped(node: Record<string, unknown> & { type: string; at: Span; where: unknown }, open: boolean): Statement {
  if (!open) return node as unknown as Statement;
  const { at, where, comments } = node;
  return { type: 'pattern', at, where, ...(comments === undefined ? {} : { comments }), step: node } as unknown as Statement;
}

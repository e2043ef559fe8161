import { nearest } from '../../trace/nearest.ts';
import { VARIABLE } from '../kinds/names.ts';
import { COUNT, INTEGER } from '../kinds/numbers.ts';
import { FILE } from '../kinds/text.ts';
import { STEP_TIME } from '../kinds/times.ts';
import { wrapped } from '../script/script-parser.ts';
import { ACTION_SHAPES, EXPECT_SHAPES, HOST_SHAPES, HOST_TYPES } from '../statements/index.ts';
import { partOf } from '../statements/read-statement.ts';
import type { Field, Shape } from '../statements/shape.ts';
import { commentText } from '../text/comment.ts';
import { didYouMean, listed, type Problems } from '../text/problems.ts';
import type { Comments, Expectation, ForValues, Script, Span, Statement, StepStatement } from '../tree/script.ts';
import { Template } from '../tree/steps.ts';
import type { JsonNode } from './reader.ts';
import { JsonValues, Members } from './values.ts';

const STRUCTURES = ['include', 'repeat', 'for', 'check'];
const SIMPLE_TYPES = [...new Set([...HOST_SHAPES, ...ACTION_SHAPES].map((shape) => shape.type))];
const EXPECT_TYPES = [...new Set(EXPECT_SHAPES.map((shape) => shape.type))];
const FORMAT = 'rxpath-scenario-1.0';

interface Built {
  readonly values: Record<string, unknown>;
  readonly where: Record<string, Span>;
  open: boolean;
}

/** Makes the tree of a script of its JSON form. */
export class JsonBuilder {
  private readonly file: string;
  private readonly include: (path: string, at: Span) => Script | null;
  private readonly problems: Problems;
  private readonly json: JsonValues;

  constructor(file: string, include: (path: string, at: Span) => Script | null, problems: Problems) {
    this.file = file;
    this.include = include;
    this.problems = problems;
    this.json = new JsonValues(file, problems);
  }

  script(root: JsonNode): Script {
    const members = this.json.object(root, 'a script');
    members.take('$schema');
    const format = members.take('format');
    if (format?.value !== FORMAT) this.problems.add(format?.at ?? root.at, `a script in JSON has \`"format": "${FORMAT}"\``);
    const statements = this.json
      .list(members.take('statements'), root.at, 'statements')
      .flatMap((node) => this.statement(node, true));
    const tail = this.json.strings(members.take('tail')).map(remark);
    this.json.unknown(members, ['format', 'statements', 'tail'], 'a script');
    return { file: this.file, statements, tail, sources: this.problems.sources };
  }

  private statement(node: JsonNode, isOutermost: boolean): Statement[] {
    const members = this.json.object(node, 'a statement');
    const type = this.typeOf(members, node, [...SIMPLE_TYPES, ...STRUCTURES], 'statement');
    if (type === undefined) return [];
    const comments = this.comments(members.take('comments'), 'comments');
    const head = { type, at: node.at, ...comments };
    if (!isOutermost && (type === 'include' || HOST_TYPES.has(type))) {
      this.problems.add(node.at, `\`${type}\` cannot stand in a loop`);
      return [];
    }
    if (type === 'include') return this.includeStatement(members, head);
    if (type === 'repeat' || type === 'for') return this.loop(type, members, head);
    if (type === 'check') {
      const expects = this.json.list(members.take('expects'), node.at, 'expects').flatMap((each) => this.expectation(each));
      this.json.unknown(members, ['type', 'expects', 'comments'], '`check`');
      // as a script has it: one line each
      return expects.map(({ node: each, open }, i) =>
        wrapped({ ...(i === 0 ? head : { type, at: node.at }), where: {}, expects: [each] }, open),
      );
    }
    return this.simple(type, members, head);
  }

  private simple(type: string, members: Members, head: { type: string; at: Span; comments?: Comments }): Statement[] {
    const built: Built = { values: {}, where: {}, open: false };
    const time = members.take('time');
    const shapes = [...HOST_SHAPES, ...ACTION_SHAPES].filter((shape) => shape.type === type);
    if (HOST_TYPES.has(type) && time !== undefined)
      this.problems.add(time.at, `\`${type}\` belongs to the host part and has no time`);
    else if (time !== undefined) this.value({ key: 'time', kind: STEP_TIME }, time, built);
    const judged = HOST_TYPES.has(type)
      ? []
      : this.json.list(members.take('expects') ?? null, head.at, 'expects').flatMap((each) => this.expectation(each));
    const before = this.problems.count;
    this.fields(shapes[0]!, members, built, `\`${type}\``);
    if (this.problems.count > before) return [];
    const open = built.open || judged.some((each) => each.open);
    const own = HOST_TYPES.has(type) ? {} : { expects: judged.map((each) => each.node) };
    return [wrapped({ ...head, where: built.where, ...built.values, ...own }, open)];
  }

  private expectation(node: JsonNode): { node: Expectation; open: boolean }[] {
    const members = this.json.object(node, 'an expectation');
    const type = this.typeOf(members, node, EXPECT_TYPES, 'expectation');
    if (type === undefined) return [];
    const comments = this.comments(members.take('comments'), 'comments');
    const shapes = EXPECT_SHAPES.filter((shape) => shape.type === type);
    const built: Built = { values: {}, where: {}, open: false };
    const before = this.problems.count;
    const verbs = shapes.flatMap((shape) => shape.verbs.map((verb) => ({ shape, verb })));
    let chosen = verbs[0]!;
    for (const key of Object.keys(chosen.verb.sets ?? {})) {
      const given = members.take(key);
      const wanted = given?.value ?? false;
      const found = verbs.find(({ verb }) => verb.sets?.[key] === wanted);
      if (found === undefined) {
        const words = verbs.map(({ verb }) => String(verb.sets?.[key]));
        this.problems.add(given?.at ?? node.at, `\`${key}\` of \`${type}\` is ${listed(words)}`);
      } else chosen = found;
      Object.assign(built.values, chosen.verb.sets);
    }
    this.fields(chosen.shape, members, built, `\`${type}\``);
    if (this.problems.count > before) return [];
    return [
      {
        node: { type, at: node.at, where: built.where, ...comments, ...built.values } as unknown as Expectation,
        open: built.open,
      },
    ];
  }

  private includeStatement(members: Members, head: { at: Span }): Statement[] {
    const built: Built = { values: {}, where: {}, open: false };
    const file = members.take('file');
    if (file === undefined) this.problems.add(head.at, '`include` needs `file`');
    else this.value({ key: 'file', kind: FILE }, file, built);
    this.json.unknown(members, ['type', 'file', 'comments'], '`include`');
    if (typeof built.values.file !== 'string') return [];
    const script = this.include(built.values.file, file!.at);
    return [{ ...head, where: built.where, file: built.values.file, script } as unknown as Statement];
  }

  private loop(type: 'repeat' | 'for', members: Members, head: { at: Span }): Statement[] {
    const built: Built = { values: {}, where: {}, open: false };
    const before = this.problems.count;
    const needed = (name: string, of: JsonNode | undefined): of is JsonNode => {
      if (of === undefined) this.problems.add(head.at, `\`${type}\` needs \`${name}\``);
      return of !== undefined;
    };
    if (type === 'repeat') {
      const count = members.take('count');
      if (needed('count', count)) this.value({ key: 'count', kind: COUNT }, count, built);
    } else {
      const variable = members.take('variable');
      if (needed('variable', variable)) this.value({ key: 'variable', kind: VARIABLE }, variable, built);
      const values = members.take('in');
      if (needed('in', values)) built.values.values = this.forValues(values);
    }
    const body = this.json
      .list(members.take('body'), head.at, 'body')
      .flatMap((each) => this.statement(each, false)) as StepStatement[];
    const { comments: endComments } = this.comments(members.take('endComments'), 'endComments');
    this.json.unknown(members, ['type', 'count', 'variable', 'in', 'body', 'comments', 'endComments'], `\`${type}\``);
    if (this.problems.count > before) return [];
    const end = endComments === undefined ? {} : { endComments };
    return [{ ...head, where: built.where, ...built.values, body, ...end } as unknown as Statement];
  }

  private forValues(node: JsonNode): ForValues {
    if (node.type === 'array') {
      const words = this.json.strings(node);
      if (words.length === 0 || words.includes('')) this.problems.add(node.at, 'a list has words in it, and none is empty');
      return { type: 'list', words };
    }
    const members = this.json.object(node, '`in`');
    const built: Built = { values: { step: 1 }, where: {}, open: false };
    for (const key of ['first', 'last', 'step']) {
      const value = members.take(key);
      if (value !== undefined) this.value({ key, kind: INTEGER }, value, built);
      else if (key !== 'step') this.problems.add(node.at, `a range needs \`${key}\``);
    }
    this.json.unknown(members, ['first', 'last', 'step'], '`in`');
    const { first, last, step } = built.values as { first: number; last: number; step: number };
    if (!(step > 0)) this.problems.add(node.at, 'the step of a range is a positive number');
    if (last < first) this.problems.add(node.at, 'the range ends before it begins');
    return { type: 'range', first, last, step };
  }

  private fields(shape: Shape, members: Members, built: Built, label: string): void {
    const groups = new Map<string, Members>([['', members]]);
    const parts = new Set([...(shape.parts ?? []), ...(shape.variant === undefined ? [] : [shape.variant.key])]);
    for (const part of parts) {
      const node = members.take(part);
      partOf(built.values, part);
      groups.set(
        part,
        node === undefined ? new Members({ type: 'object', value: [], at: members.at }) : this.json.object(node, `\`${part}\``),
      );
    }
    let all: readonly Field[] = [...(shape.subject === undefined ? [] : [shape.subject]), ...shape.items, ...shape.fields];
    if (shape.variant !== undefined) {
      const { key, tag, of } = shape.variant;
      const group = groups.get(key)!;
      const word = group.take(tag);
      const alternative = of.find((each) => each.word === word?.value);
      if (alternative === undefined) {
        this.problems.add(word?.at ?? group.at, `\`${tag}\` is ${listed(of.map((each) => each.word))}`);
        return;
      }
      partOf(built.values, key)[tag] = alternative.word;
      all = [...all, ...alternative.items, ...alternative.fields];
    }
    for (const field of all) this.field(field, groups.get(field.part ?? '')!, shape, built, label);
    for (const [part, group] of groups) {
      const keys = all.filter((field) => (field.part ?? '') === part).map((field) => field.key);
      this.json.unknown(group, keys, part === '' ? label : `\`${part}\``);
    }
  }

  private field(field: Field, group: Members, shape: Shape, built: Built, label: string): void {
    const node = group.take(field.key);
    const target = field.part === undefined ? built.values : partOf(built.values, field.part);
    if (field.many !== undefined) target[field.key] = [];
    else if (field.absent !== undefined) target[field.key] = field.absent;
    if (node === undefined) {
      const isItem = field === shape.subject || field.words === undefined;
      if (field.needed === true || (isItem && field.optional !== true))
        this.problems.add(group.at, `${label} needs \`${field.key}\``);
    } else if (field.many === undefined) this.value(field, node, built);
    else for (const each of this.json.list(node, node.at, field.key)) this.value(field, each, built);
  }

  private value(field: Field, node: JsonNode, built: Built): void {
    const path = field.part === undefined ? field.key : `${field.part}.${field.key}`;
    const target = field.part === undefined ? built.values : partOf(built.values, field.part);
    const value = this.json.valueOf(field.kind, node);
    if (value === undefined) return;
    if (value instanceof Template) built.open = true;
    if (field.many === undefined) {
      target[field.key] = value;
      built.where[path] = node.at;
    } else {
      const list = target[field.key] as unknown[];
      built.where[`${path}.${list.length}`] = node.at;
      list.push(value);
    }
  }

  private typeOf(members: Members, node: JsonNode, types: readonly string[], what: string): string | undefined {
    const type = members.take('type');
    if (typeof type?.value === 'string' && types.includes(type.value)) return type.value;
    const hint = typeof type?.value === 'string' ? didYouMean(nearest(type.value, types, 2)) : undefined;
    if (type === undefined) this.problems.add(node.at, `${what === 'expectation' ? 'an' : 'a'} ${what} has a \`type\``);
    else this.problems.add(type.at, `this is no type of ${what}`, hint ?? `there are ${listed(types, 'and')}`);
    return undefined;
  }

  private comments(node: JsonNode | undefined, name: string): { comments?: Comments } {
    if (node === undefined) return {};
    const members = this.json.object(node, `\`${name}\``);
    const before = this.json.strings(members.take('before')).map(remark);
    const after = members.take('after');
    this.json.unknown(members, ['before', 'after'], `\`${name}\``);
    if (after !== undefined && after.type !== 'string') this.problems.add(after.at, 'a comment is a string');
    return { comments: { before, ...(after?.type === 'string' ? { after: oneLine(String(after.value)) } : {}) } };
  }
}

/** A comment's line as a script has it. */
function remark(text: string): string {
  const line = oneLine(text);
  return line === '' || line.startsWith('#') ? line : commentText(line);
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').trim();
}

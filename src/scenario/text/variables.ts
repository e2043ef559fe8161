/** Values of the loop variables that are known where a line stands. */
export type Scope = ReadonlyMap<string, string>;

export const NO_SCOPE: Scope = new Map();

/** What is wrong inside `$…`; offsets in code units from the beginning of the text. */
export class BadVariable extends Error {
  readonly offset: number;
  readonly length: number;
  readonly hint: string | undefined;

  constructor(offset: number, length: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.length = length;
    this.hint = hint;
  }
}

const START = /\$(?=[A-Za-z_{])/;

/** A variable stands in the text: `$n`, `${n * 2}`. A dollar sign before anything else is a dollar sign. */
export function hasVariable(text: string): boolean {
  return START.test(text);
}

/** The length of the `$…` at `at`, where `hasVariable` finds one; 0 where there is none. A brace that is not closed: to the end. */
export function variableLength(text: string, at: number): number {
  if (text[at] !== '$') return 0;
  if (text[at + 1] === '{') {
    const end = text.indexOf('}', at);
    return (end < 0 ? text.length : end + 1) - at;
  }
  return /^\$[A-Za-z_]\w*/.exec(text.slice(at, at + 80))?.[0].length ?? 0;
}

/** The value of `$n`, `${n + 1}`, `${n * 256 : 04x}`. Throws BadVariable. */
export function resolveVariable(expression: string, scope: Scope): string {
  if (expression[1] !== '{') return String(lookUp(expression.slice(1), 1, scope));
  if (!expression.endsWith('}')) throw new BadVariable(0, expression.length, `\`\${\` is not closed with \`}\``);
  const [, body, format] = /^\$\{([^:]*)(?::\s*(0?\d{0,2}[dxX]?)\s*)?\}$/.exec(expression) ?? [];
  if (body === undefined) {
    throw new BadVariable(
      0,
      expression.length,
      `\`${expression}\` is no expression`,
      `such as \${n}, \${n * 2 + 1} or \${n:02x}`,
    );
  }
  const value = new Arithmetic(body, scope).value();
  if (format === undefined || format === '') return String(value);
  if (typeof value === 'string')
    throw new BadVariable(2, body.length, `\`${value}\` is a word and cannot be written as a number`);
  return formatted(value, format);
}

function formatted(value: number, format: string): string {
  const hex = /x$/i.test(format);
  const digits = Math.abs(value).toString(hex ? 16 : 10);
  const width = Number.parseInt(format, 10) || 0;
  const padded = digits.padStart(width, format.startsWith('0') ? '0' : ' ').trim();
  return (value < 0 ? '-' : '') + (format.endsWith('X') ? padded.toUpperCase() : padded);
}

function lookUp(name: string, offset: number, scope: Scope): string | number {
  const value = scope.get(name);
  if (value !== undefined) return /^-?\d+$/.test(value) ? Number(value) : value;
  const known = [...scope.keys()].map((each) => `$${each}`);
  throw new BadVariable(
    offset,
    name.length,
    `there is no variable \`$${name}\` here`,
    known.length > 0
      ? `there is ${known.join(', ')}`
      : 'variables come from `for` and `repeat`; a dollar sign in a string is written `\\$`',
  );
}

/** Most nested parentheses of an expression. */
const DEEPEST = 50;

/** Integers, `+ - * / %` (division rounds down) and parentheses. */
class Arithmetic {
  private readonly text: string;
  private readonly scope: Scope;
  private at = 0;
  private depth = 0;

  constructor(text: string, scope: Scope) {
    this.text = text;
    this.scope = scope;
  }

  value(): number | string {
    this.blanks();
    const lone = /^[A-Za-z_]\w*\s*$/.exec(this.text.slice(this.at));
    if (lone !== null) return lookUp(lone[0].trim(), this.at + 2, this.scope);
    const value = this.sum();
    if (this.at < this.text.length) this.fail(1, `\`${this.text[this.at]}\` does not belong into an expression`);
    return value;
  }

  private sum(): number {
    let value = this.product();
    for (let operator = this.operator('+-'); operator !== ''; operator = this.operator('+-')) {
      const right = this.product();
      value = operator === '+' ? value + right : value - right;
    }
    return value;
  }

  private product(): number {
    let value = this.factor();
    for (let operator = this.operator('*/%'); operator !== ''; operator = this.operator('*/%')) {
      const at = this.at;
      const right = this.factor();
      if (operator === '*') value *= right;
      else if (right === 0) throw new BadVariable(at + 2, Math.max(1, this.at - at), 'a division by zero');
      else value = operator === '/' ? Math.floor(value / right) : value - right * Math.floor(value / right);
    }
    return value;
  }

  private factor(): number {
    this.blanks();
    const rest = this.text.slice(this.at);
    if (rest[0] === '(' || rest[0] === '-') {
      this.at++;
      if (++this.depth > DEEPEST) this.fail(1, 'the expression is nested too deeply');
      const value = rest[0] === '-' ? -this.factor() : this.sum();
      this.depth--;
      if (rest[0] === '(' && this.operator(')') === '') this.fail(1, 'a `)` is missing');
      return value;
    }
    const word = /^(?:0x[0-9a-f]{1,12}|\d{1,15}|[A-Za-z_]\w*)/i.exec(rest)?.[0];
    if (word === undefined) return this.fail(1, 'a number or a variable is missing');
    const value = /^\d/.test(word) ? Number(word) : lookUp(word, this.at + 2, this.scope);
    if (typeof value === 'string') return this.fail(word.length, `\`${value}\` is no number`);
    this.at += word.length;
    this.blanks();
    return value;
  }

  private operator(of: string): string {
    this.blanks();
    const char = this.text[this.at] ?? '';
    if (char === '' || !of.includes(char)) return '';
    this.at++;
    return char;
  }

  private blanks(): void {
    while (this.text[this.at] === ' ' || this.text[this.at] === '\t') this.at++;
  }

  private fail(length: number, message: string): never {
    throw new BadVariable(this.at + 2, length, message);
  }
}

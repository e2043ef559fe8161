/** The words of a rule that are not read yet. A set in braces, what is quoted and bits joined by `|` are one word each. */
export class Words {
  readonly line: string;
  private readonly words: string[];

  constructor(line: string) {
    this.line = line;
    const joined = line.replace(/\(([^)]*)\)/g, (_, inside: string) => inside.replace(/\s/g, '')).replace(/\s*([|])\s*/g, '$1');
    this.words = joined.match(/\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|"[^"]*"|[^\s{}"]+/g) ?? [];
  }

  get next(): string | undefined {
    return this.words[0];
  }

  take(): string {
    const word = this.words.shift();
    if (word === undefined) throw new Error(`cannot read the end of: ${this.line}`);
    return word;
  }

  /** Takes the word if it comes next. */
  takes(word: string): boolean {
    if (this.words[0] !== word) return false;
    this.words.shift();
    return true;
  }

  /** A list with commas, which may have spaces behind them. */
  takeList(): string {
    let list = this.take();
    while (list.endsWith(',') || this.words[0]?.startsWith(',') === true) list += this.take();
    return list;
  }

  refusal(what: string): Error {
    return new Error(`cannot read ${what} in: ${this.line}`);
  }
}

/** What stands between the braces of a set, or a single value. */
export function elements(text: string): string[] {
  const inside = text.startsWith('{') ? text.slice(1, -1) : text;
  return inside
    .split(',')
    .map((element) => element.trim())
    .filter(Boolean);
}

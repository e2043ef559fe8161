import type { Step } from '../tree/script.ts';

/** The comments of a script, in the order in which its steps are reached: each is told once, before the step that it stands above. */
export class Remarks {
  private readonly sources: ReadonlyMap<string, readonly string[]>;
  /** Lines of each file that were looked at. */
  private readonly seen = new Map<string, number>();

  constructor(sources: ReadonlyMap<string, readonly string[]>) {
    this.sources = sources;
  }

  /** Whole-line comments above a line, without their `#`, that were not told yet. */
  above(file: string, line: number): string[] {
    const from = this.seen.get(file) ?? 0;
    if (line <= from) return [];
    this.seen.set(file, line);
    const lines = this.sources.get(file)?.slice(from, line - 1) ?? [];
    return lines.flatMap((text) => {
      const comment = /^\s*#+\s*(.*?)\s*$/.exec(text)?.[1];
      return comment === undefined || comment === '' ? [] : [comment];
    });
  }

  /** Those above a step, and the one behind it. */
  of({ at, comments }: Step): string[] {
    const isNew = at.line > (this.seen.get(at.file) ?? 0);
    const above = this.above(at.file, at.line);
    return isNew && comments?.after !== undefined ? [...above, comments.after] : above;
  }
}

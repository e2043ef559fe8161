import type { SingleBar } from 'cli-progress';
import type { Progress } from '../../trace/run.ts';
import type { Lang } from '../lang.ts';

/** A bar appears when the work has taken this long. */
const PATIENCE_MS = 1000;
const STAGES: Readonly<Record<Lang, Readonly<Record<'survey' | 'climb', string>>>> = {
  en: { survey: 'looking through', climb: 'climbing' },
  zh: { survey: '预览', climb: '攀升' },
};

export const NO_PROGRESS: Progress = { stage() {}, at() {}, end() {} };

/** A progress bar on standard error, drawn only after a second. */
export class ProgressBar implements Progress {
  private readonly bar: SingleBar;
  private readonly lang: Lang;
  private readonly since = Date.now();
  private total = 0;
  private name: 'survey' | 'climb' = 'survey';
  private shown = false;

  constructor(bar: SingleBar, lang: Lang) {
    this.bar = bar;
    this.lang = lang;
  }

  stage(name: 'survey' | 'climb', total: number): void {
    this.name = name;
    this.total = total;
    if (!this.shown) return;
    this.bar.stop();
    this.shown = false;
  }

  at(done: number): void {
    if (this.total <= 0) return;
    if (this.shown) this.bar.update(done);
    else if (Date.now() - this.since >= PATIENCE_MS) {
      this.bar.start(this.total, done, { stage: STAGES[this.lang][this.name] });
      this.shown = true;
    }
  }

  end(): void {
    if (this.shown) this.bar.stop();
    this.shown = false;
  }
}

/** A bar where standard error is a terminal and standard output is not being drawn on at the same time; else nothing. */
export async function makeProgress(options: { terminal: boolean; ascii: boolean; lang: Lang }): Promise<Progress> {
  if (!options.terminal) return NO_PROGRESS;
  const { SingleBar } = (await import('cli-progress')).default;
  const bar = new SingleBar({
    format: '{stage} {bar} {percentage} %  {eta_formatted}',
    barCompleteChar: options.ascii ? '#' : '█',
    barIncompleteChar: options.ascii ? '.' : '░',
    barsize: 40,
    hideCursor: false,
    clearOnComplete: true,
    stopOnComplete: false,
    stream: process.stderr,
    fps: 5,
  });
  return new ProgressBar(bar, options.lang);
}

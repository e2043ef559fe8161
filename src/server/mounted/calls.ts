import { Alarm, type Clock } from '../../host/sockets.ts';
import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import type { Mounted } from '../configuration.ts';
import { type Answer, Pending, type Question, type Tell, textAnswer } from '../http/answer.ts';
import { StrayErrors } from '../stray-errors.ts';
import { InvalidAnswer, UnaskableQuestion } from './answer.ts';

/** Characters of an error's message that are shown. */
const LONGEST_MESSAGE = 300;
const LONGEST_TARGET = 100;
/** Failures that are told at the end. */
const MOST_FAILURES = 100;

const CUT_OFF = Symbol('cut off');

/** A question that a mounted program is to answer: when it has, an alarm that is due at once. */
class HandlerCall extends Alarm {
  readonly mounted: Mounted;
  readonly question: Question;
  readonly pending = new Pending();
  answer: Answer = textAnswer(500);
  /** The decision to record, its number, and the text that it shows. */
  decision = 0;
  value = 0;
  text: string | null = null;
  /** Milliseconds of real time. */
  readonly timeout: number;
  private readonly trace: Trace;

  constructor(trace: Trace, mounted: Mounted, question: Question, timeout: number) {
    super();
    this.trace = trace;
    this.mounted = mounted;
    this.question = question;
    this.timeout = timeout;
  }

  expire(): void {
    const { trace, text, answer, pending } = this;
    const value = text === null ? this.value : trace.keep(text);
    trace.record(this.decision, this.question.connection.fd, value, answer.status);
    pending.told?.({ ...answer, why: this.decision });
  }

  conclude(decision: number, answer: Answer, value: number, text: string | null): void {
    this.decision = decision;
    this.answer = answer;
    this.value = value;
    this.text = text;
  }
}

/**
 * What mounted programs are asked. One question is put after another, in the order they came, so that a program's own state changes in
 * the same order in every run; each has a bound in real time.
 */
export class HandlerCalls {
  /** What went wrong, in order: `./app.js: GET /: throws Error: …`. */
  readonly failures: string[] = [];
  /** Told before an answer's alarm is set: a driver that has not waited for it lets time go on first. */
  beforeAnswer: (() => void) | null = null;
  private readonly trace: Trace;
  private readonly clock: Clock;
  /** Milliseconds of real time. */
  private readonly timeout: number;
  private readonly waiting: HandlerCall[] = [];
  private running: Promise<void> | null = null;

  constructor(trace: Trace, clock: Clock, timeout: number) {
    this.trace = trace;
    this.clock = clock;
    this.timeout = timeout;
  }

  /** `timeout`: milliseconds of real time, where it is not that of all. */
  ask(mounted: Mounted, question: Question, tell: Tell, timeout = this.timeout): Pending {
    tell(D.server_handler_asked, this.waiting.length);
    const call = new HandlerCall(this.trace, mounted, question, timeout);
    this.waiting.push(call);
    return call.pending;
  }

  settle(): Promise<void> | null {
    if (this.running === null && this.waiting.length > 0) this.running = this.run();
    return this.running;
  }

  private async run(): Promise<void> {
    try {
      for (let call = this.waiting.shift(); call !== undefined; call = this.waiting.shift()) {
        await this.perform(call);
        this.beforeAnswer?.();
        this.clock.arm(call, this.clock.now);
      }
    } finally {
      this.running = null;
    }
  }

  private async perform(call: HandlerCall): Promise<void> {
    const { timeout } = call;
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const cutOff = new Promise<typeof CUT_OFF>((resolve) => {
      timer = setTimeout(resolve, timeout, CUT_OFF);
    });
    const strays = new StrayErrors();
    try {
      const answer = await Promise.race([ask(call, abort.signal), strays.first, cutOff]);
      if (answer === CUT_OFF) {
        abort.abort();
        const error = this.failed(call, `has not answered within ${timeout} ms of real time`);
        call.conclude(D.server_handler_gave_up, { ...textAnswer(504), error }, timeout, null);
      } else call.conclude(D.server_handler_answered, answer, answer.status, null);
    } catch (error) {
      this.judge(call, error);
    } finally {
      clearTimeout(timer);
      strays.stop();
    }
  }

  private judge(call: HandlerCall, error: unknown): void {
    const text = messageOf(error);
    if (error instanceof UnaskableQuestion) {
      call.conclude(D.server_handler_refused, textAnswer(error.status), 0, text);
    } else if (error instanceof InvalidAnswer) {
      const failure = this.failed(call, `returns no response: ${text}`);
      call.conclude(D.server_handler_invalid, { ...textAnswer(500), error: failure }, 0, text);
    } else {
      const failure = this.failed(call, `throws ${text}`);
      call.conclude(D.server_handler_threw, { ...textAnswer(500), error: failure }, 0, text);
    }
  }

  private failed({ mounted, question }: HandlerCall, what: string): string {
    const text = `${mounted.name}: ${question.method} ${question.target.slice(0, LONGEST_TARGET)}: ${what}`;
    if (this.failures.length < MOST_FAILURES) this.failures.push(text);
    return text;
  }
}

async function ask({ mounted, question }: HandlerCall, signal: AbortSignal): Promise<Answer> {
  return mounted.answer(question, signal);
}

/** One line; whatever was thrown. */
function messageOf(error: unknown): string {
  let text = 'something that cannot be shown';
  try {
    const isPlain = !(error instanceof Error) || error instanceof InvalidAnswer || error instanceof UnaskableQuestion;
    text = isPlain ? String(error instanceof Error ? error.message : error) : `${error.name}: ${error.message}`;
  } catch {
    // its own message throws
  }
  return text.replace(/\s+/g, ' ').trim().slice(0, LONGEST_MESSAGE);
}

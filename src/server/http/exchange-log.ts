import type { Exchange } from './exchange.ts';

/** Exchanges kept for tables; beyond them there are counts only. */
const KEPT = 10_000;
/** Longest target that is kept of an exchange. */
const LONGEST_TARGET = 2048;
/** Different methods that are counted; others go under OTHER. */
const METHODS = 64;
const OTHER = '(other)';
/** Text shorter than this may hang on to the head it was cut from. */
const SMALL_HEAD = 1024;

/** Somebody who wants the content of messages, as it passes. */
export interface ExchangeWatch {
  /** A piece of the content of the request, or of its response, without the framing of HTTP; the bytes are valid during the call. */
  content(exchange: Exchange, ofResponse: boolean, bytes: Uint8Array, start: number, end: number): void;
  /** It was answered, or will not be; told again where the rest of the request comes after its answer. */
  ended(exchange: Exchange): void;
}

/** What was asked and answered in the whole run: counts of everything, records of the first exchanges. */
export class ExchangeLog {
  /** In the order of their requests, `most` of them; whoever has done with some may take them out. */
  readonly kept: Exchange[] = [];
  most = KEPT;
  /** There was no room for so many. */
  unkept = 0;
  exchanges = 0;
  requests = 0;
  responses = 0;
  unanswered = 0;
  unsolicited = 0;
  badRequests = 0;
  readonly byMethod = new Map<string, number>();
  /** Number of responses by status, 0 to 999; those before a final one too. */
  readonly byStatus = new Float64Array(1000);

  /** Who is shown the content of messages; null: nobody. */
  watch: ExchangeWatch | null = null;

  /** An exchange has begun: its request (or, without one, its response) is there. `headBytes`: length of the head its text came from. */
  began(exchange: Exchange, headBytes: number): void {
    this.exchanges++;
    if (exchange.unsolicited) this.unsolicited++;
    else {
      this.requests++;
      if (exchange.requestBad) this.badRequests++;
      this.countMethod(exchange.method);
    }
    if (this.kept.length >= this.most) this.unkept++;
    else {
      this.kept.push(exchange);
      if (headBytes > SMALL_HEAD) detach(exchange);
    }
  }

  answered(exchange: Exchange): void {
    this.responses++;
    this.byStatus[exchange.status] = this.byStatus[exchange.status]! + 1;
    this.watch?.ended(exchange);
  }

  answeredInterim(status: number): void {
    this.byStatus[status] = this.byStatus[status]! + 1;
  }

  unansweredOne(exchange: Exchange): void {
    this.unanswered++;
    this.watch?.ended(exchange);
  }

  private countMethod(method: string): void {
    const counted = this.byMethod.get(method);
    if (counted !== undefined) this.byMethod.set(method, counted + 1);
    else if (this.byMethod.size < METHODS) this.byMethod.set(copied(method.slice(0, 32)), 1);
    else this.byMethod.set(OTHER, (this.byMethod.get(OTHER) ?? 0) + 1);
  }
}

/** Lets go of the head that the exchange's text was cut from. */
function detach(exchange: Exchange): void {
  exchange.method = copied(exchange.method.slice(0, 64));
  exchange.target = copied(exchange.target.slice(0, LONGEST_TARGET));
  exchange.host = copied(exchange.host.slice(0, 255));
}

/** The same text as a string of its own: a slice keeps the string it was cut from alive. */
function copied(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

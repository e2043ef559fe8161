import type { Head } from '../../server/http/head.ts';
import { HeadParser } from '../../server/http/head-parser.ts';
import { HeadStore } from '../../server/http/head-store.ts';
import { After, type ResponseReader, ResponseStream } from '../../server/http/response.ts';

/** Of a response's body so much is kept for whoever looks into it. */
const KEPT = 65_536;
const SWITCHING = 101;

const parser = new HeadParser('RESPONSE', false);
const store = new HeadStore();

/** A client's view of the responses on its connection: the last one's status and body. */
export class Responses implements ResponseReader {
  /** Of the last final response whose head is there; 0: none yet. */
  status = 0;
  /** Final responses that are complete. */
  done = 0;
  /** Nanoseconds: when the last of them was complete. */
  doneAt = -1;
  /** Requests that were sent, by method: what their responses look like depends on it. */
  asked = 0;
  private readonly clock: () => number;
  private readonly heads: boolean[] = [];
  private informational = false;
  private parts: Uint8Array[] = [];
  private kept = 0;
  private readonly stream: BodyStream;

  /** `clock`: the time now. */
  constructor(clock: () => number) {
    this.clock = clock;
    this.stream = new BodyStream(this, parser, store, false);
  }

  /** A request leaves whose response is awaited. */
  expect(method: string): void {
    this.asked++;
    this.heads.push(method === 'HEAD');
  }

  feed(bytes: Uint8Array, start: number, end: number): void {
    this.stream.feed(bytes, start, end, 0);
  }

  /** The server has closed: a body that lasts until then is complete. */
  end(): void {
    this.stream.end();
  }

  /** The last response's body, in Latin-1, as far as it was kept. */
  get body(): string {
    return Buffer.concat(this.parts).toString('latin1');
  }

  responseStarts(): void {}

  responseHead(head: Head): number {
    this.informational = head.status < 200 && head.status !== SWITCHING;
    if (this.informational) return After.noBody;
    this.status = head.status;
    this.parts = [];
    this.kept = 0;
    const isHead = this.heads.shift() === true;
    if (head.status === SWITCHING) return After.tunnel;
    return isHead || head.status === 204 || head.status === 304 ? After.noBody : After.body;
  }

  content(bytes: Uint8Array, start: number, end: number): void {
    const take = Math.min(end - start, KEPT - this.kept);
    if (take <= 0) return;
    this.parts.push(bytes.slice(start, start + take));
    this.kept += take;
  }

  responseComplete(): void {
    if (this.informational) return;
    this.done++;
    this.doneAt = this.clock();
  }

  responseRefused(): void {}
  responseUnfinished(): void {}
  responsesLost(): void {}
  responsesResynced(): void {}
  responsesNotHttp(): void {}
}

class BodyStream extends ResponseStream {
  private readonly responses: Responses;

  constructor(responses: Responses, ...rest: [HeadParser, HeadStore, boolean]) {
    super(responses, ...rest);
    this.responses = responses;
  }

  protected override onBody(bytes: Uint8Array, start: number, end: number): void {
    this.responses.content(bytes, start, end);
  }
}

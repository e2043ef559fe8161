import { Host } from '../../host/host.ts';
import { CapturedServer } from '../../server/captured/server.ts';
import type { ResponseEvent } from '../../trace/events.ts';
import { Trace } from '../../trace/trace.ts';
import type { Frame } from '../../wire/frame.ts';
import type { AnalyzeOptions } from '../options.ts';
import type { Sent } from '../rewrite/ack-map.ts';
import { Evidence } from '../survey/evidence.ts';
import type { ChosenHost } from '../survey/hosts.ts';
import type { Peek } from '../survey/peek.ts';
import type { Survey } from '../survey/survey.ts';
import { followingHost } from './following.ts';

const OPTIONS: AnalyzeOptions = { hosts: [], listen: [], fcs: 'auto', offload: true, fragPolicy: 'linux' };

/** What really happened, beside a replay: a host that follows the captured server through the whole capture. */
export class CapturedSide {
  readonly trace = new Trace();
  readonly program: CapturedServer;
  readonly host: Host;

  constructor(chosen: ChosenHost, survey: Survey) {
    this.program = new CapturedServer(this.trace);
    const evidence = new Evidence(survey, []);
    const config = followingHost(chosen, OPTIONS, evidence, () => this.host.tcp.letGo > 0);
    this.trace.events = [];
    this.host = new Host(config, this.trace, () => this.program);
  }

  /** A frame of the client. */
  receive(frame: Frame): void {
    this.host.receive(frame);
  }

  /** A frame of the captured server: the responses that it completed. */
  observe(frame: Frame): void {
    this.host.observe(frame);
  }

  /** Lets time pass; `after` is called after each timer's work. */
  advance(until: number, after: () => void): void {
    if (this.host.nextTimer <= until) this.host.advance(until, after);
  }

  /** How far the captured server has sent to the sender of this packet; null: no connection is known. Valid until the next call. */
  sentTo(peek: Peek): Sent | null {
    const { src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort } = peek;
    const found = this.host.tcp.table.find(
      peek.family,
      dst0,
      dst1,
      dst2,
      dst3,
      destinationPort,
      src0,
      src1,
      src2,
      src3,
      sourcePort,
    );
    if (found === null) return null;
    this.sent.iss = found.iss;
    this.sent.next = found.sndNxt;
    return this.sent;
  }

  private readonly sent: Sent = { iss: -1, next: 0 };

  /** The capture is over at `time`: exchanges under way are told as they stand. */
  end(time: number): void {
    this.trace.begin(time);
    this.host.tcp.captureEnds();
    this.program.finish();
  }

  /** Responses that the work just done has completed. */
  *responses(): Generator<ResponseEvent> {
    for (const event of this.trace.events ?? []) if (event.type === 'response') yield event;
  }
}

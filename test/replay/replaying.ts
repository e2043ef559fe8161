import { type HostConfig, type ListenerConfig, PLAIN_HOST } from '../../src/host/config.ts';
import { sysctls } from '../../src/host/sysctl.ts';
import { type ReplayOptions, replay } from '../../src/replay/replay.ts';
import type { Mounted, ServerConfiguration } from '../../src/server/configuration.ts';
import type { RespondRule, SiteFiles } from '../../src/server/site.ts';
import type { EndInfo } from '../../src/trace/run.ts';
import type { Trace } from '../../src/trace/trace.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { captureOf, host, NO_PROGRESS, type Shot, Teller } from './story.ts';

/** What a test says of the server; the rest is plain: no addresses of its own, `http` on port 80. */
export interface ServerSketch {
  readonly addresses?: readonly string[];
  readonly mac?: number;
  readonly listeners?: readonly (Partial<ListenerConfig> & { readonly port: number })[];
  readonly site?: Readonly<Record<string, string>>;
  readonly rules?: readonly RespondRule[];
  readonly mounted?: readonly Mounted[];
  readonly host?: Partial<HostConfig>;
}

export function serverOf(sketch: ServerSketch = {}): ServerConfiguration {
  const site: SiteFiles | null =
    sketch.site === undefined
      ? null
      : new Map(Object.entries(sketch.site).map(([path, text]) => [path, { bytes: Buffer.from(text) }]));
  return {
    host: {
      ...PLAIN_HOST,
      macs: sketch.mac === undefined ? [] : [{ high: 0x0200, low: sketch.mac }],
      addresses: (sketch.addresses ?? []).map(host),
      listeners: (sketch.listeners ?? [{ port: 80 }]).map((one) => ({ protocol: 'tcp', backlog: 128, program: 'http', ...one })),
      sysctl: sysctls(),
      ...sketch.host,
    },
    site,
    rules: sketch.rules ?? [],
    mounted: new Map((sketch.mounted ?? []).map((one) => [one.name, one])),
  };
}

/** A frame that went in (1) or that our host sent (2). */
export interface Recorded {
  readonly direction: number;
  readonly time: number;
  readonly bytes: Uint8Array;
}

export class ReplayTeller extends Teller {
  /** Transmissions in order: `SA 0/1`, and `+ms` since the first frame where a timer sent them. */
  readonly sent: string[] = [];
  readonly recorded: Recorded[] = [];
  /** ACK numbers that stand for others: captured → ours. */
  readonly mapped: string[] = [];

  override frame(frame: Frame, trace: Trace): void {
    super.frame(frame, trace);
    this.gather(trace, '');
    const { capturedAck, ack, receiverIsn } = trace.facts;
    if (capturedAck >= 0) this.mapped.push(`${capturedAck} → ${(ack - receiverIsn) >>> 0}`);
  }

  override activity(trace: Trace): void {
    super.activity(trace);
    this.gather(trace, ` +${Math.round(trace.time / 1e6)}`);
  }

  private gather(trace: Trace, when: string): void {
    for (let i = 0; i < trace.transmissionCount; i++) {
      const t = trace.transmissions[i]!;
      if (t.protocol !== 6) this.sent.push(`${t.protocol}${when}`);
      else {
        const flags = [...'FSRPA'].filter((_, bit) => (t.flags & (1 << bit)) !== 0).join('');
        const length = t.payloadEnd - t.payloadStart;
        this.sent.push(
          `${flags} ${(t.seq - Math.max(t.iss, 0)) >>> 0}${length > 0 ? `(${length})` : ''}/${(t.ack - Math.max(t.irs, 0)) >>> 0}${when}`,
        );
      }
    }
  }

  get info(): EndInfo {
    return this.endInfo!;
  }
  /** `200 2 / 404 14: status, length`: the captured answer, ours, and in what they differ. */
  get answers(): string[] {
    return this.events.flatMap((e) => {
      if (e.type !== 'comparison') return [];
      const [captured, ours] = [e.captured, e.server].map((side) => (side === null ? '-' : `${side.status} ${side.bodyBytes}`));
      return [`${captured} / ${ours}: ${e.differs.length === 0 ? 'same' : e.differs.join(', ')}`];
    });
  }
  get notes(): string[] {
    return [...this.startInfo!.notes, ...this.info.notes].map(({ code, count, text }) =>
      [code, count, text].filter((x) => x !== undefined).join(' '),
    );
  }
}

export async function play(
  shots: readonly Shot[],
  sketch: ServerSketch = {},
  options: Partial<ReplayOptions> = {},
): Promise<ReplayTeller> {
  const teller = new ReplayTeller();
  const record = (frame: Frame): void => {
    teller.recorded.push({ direction: frame.direction, time: frame.time, bytes: frame.bytes.slice(frame.start, frame.end) });
  };
  await replay(captureOf(shots), serverOf(sketch), { hosts: [], record, ...options }, teller, NO_PROGRESS);
  return teller;
}

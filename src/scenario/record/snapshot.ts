import { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import { Trace } from '../../trace/trace.ts';
import { Transmission } from '../../trace/transmission.ts';

/** A copy of what was decided on one frame, or by a timer, for later. */
export class Snapshot {
  readonly trace: Trace;
  /** Null: a timer's work. */
  readonly frame: FrameRecord | null;

  constructor(trace: Trace, frame: FrameRecord | null) {
    this.trace = copyOf(trace);
    this.frame = frame === null ? null : { ...fieldsOf(frame) };
  }
}

function fieldsOf({ bytes, start, end, time, wireLength, linkType, number }: FrameRecord): FrameRecord {
  return { bytes, start, end, time, wireLength, linkType, number };
}

function copyOf(trace: Trace): Trace {
  const copy = new Trace();
  copy.begin(trace.time, trace.frame);
  for (const text of trace.texts) copy.keep(text);
  for (let i = 0; i < trace.length; i++) {
    const v = i * 3;
    copy.record(trace.ids[i]!, trace.values[v], trace.values[v + 1], trace.values[v + 2]);
  }
  copy.facts = Object.assign(new Facts(), trace.facts);
  for (let i = 0; i < trace.transmissionCount; i++) {
    const from = trace.transmissions[i]!;
    const to = new Transmission();
    const { sack } = to;
    Object.assign(to, from, { sack, payload: from.payload.slice(from.payloadStart, from.payloadEnd), payloadStart: 0 });
    to.payloadEnd = to.payload.length;
    sack.set(from.sack);
    copy.transmissions.push(to);
  }
  copy.transmissionCount = trace.transmissionCount;
  copy.final = trace.final;
  return copy;
}

import { CATALOGUE } from '../trace/catalogue.ts';
import type { Decision } from '../trace/decision.ts';
import type { Facts } from '../trace/facts.ts';
import type { FrameRecord } from '../trace/run.ts';
import type { Trace } from '../trace/trace.ts';
import { columns, cutTo, grouped, padEnd, seconds } from './layout.ts';
import { contents, endpoint } from './packet-line.ts';
import type { Printer } from './printer.ts';
import { destinationAddress, sourceAddress } from './words.ts';

/** Conversations that are drawn, and rungs of each; what comes beyond is counted. */
const MOST_LADDERS = 16;
const MOST_RUNGS = 200;
const ARROW = 46;
/** Column of the client's stem. */
const LEFT_STEM = 12;

interface Rung {
  readonly number: number;
  readonly time: number;
  readonly text: string;
  readonly outbound: boolean;
  readonly decision: Decision;
}

interface Conversation {
  readonly client: string;
  readonly server: string;
  readonly rungs: Rung[];
  missing: number;
}

/** A sequence diagram of each conversation: the client on the left, the host on the right, a rung a frame. */
export class Ladder {
  private readonly conversations = new Map<string, Conversation>();
  private others = 0;

  frame(frame: FrameRecord, trace: Trace, facts: Facts): void {
    if (trace.final < 0 || facts.family === 0 || facts.arpOperation !== 0) return;
    const decision = CATALOGUE[trace.final] as Decision;
    const outbound = decision.effect === 'observe';
    const ports = facts.hasTransport && (facts.protocol === 6 || facts.protocol === 17);
    const source = ports ? endpoint(sourceAddress(facts), facts.sourcePort) : sourceAddress(facts);
    const destination = ports ? endpoint(destinationAddress(facts), facts.destinationPort) : destinationAddress(facts);
    const client = outbound ? destination : source;
    const server = outbound ? source : destination;
    const key = `${facts.protocol} ${client} ${server}`;
    let conversation = this.conversations.get(key);
    if (conversation === undefined) {
      if (this.conversations.size >= MOST_LADDERS) {
        this.others++;
        return;
      }
      conversation = { client, server, rungs: [], missing: 0 };
      this.conversations.set(key, conversation);
    }
    if (conversation.rungs.length >= MOST_RUNGS) conversation.missing++;
    else conversation.rungs.push({ number: frame.number, time: frame.time, text: contents(facts), outbound, decision });
  }

  print(printer: Printer): void {
    for (const conversation of this.conversations.values()) this.draw(printer, conversation);
    if (this.others > 0) printer.line(`  ${printer.phrases.more(grouped(this.others), '--frames')}`);
  }

  private draw(printer: Printer, { client, server, rungs, missing }: Conversation): void {
    const { style, phrases } = printer;
    const { glyphs, paint } = style;
    const arrow =
      style.width === 0
        ? Math.max(ARROW, ...rungs.map((rung) => columns(rung.text) + 8))
        : Math.max(30, Math.min(72, style.width - 40));
    printer.line();
    const stem = paint.dim(glyphs.stem);
    const left = Math.max(0, LEFT_STEM - (client.length >> 1));
    const right = LEFT_STEM + 1 + arrow - (server.length >> 1);
    printer.line(paint.bold(padEnd(' '.repeat(left) + client, Math.max(right, left + client.length + 2)) + server));
    for (const rung of rungs) {
      const dropped = rung.decision.effect === 'drop';
      const text = cutTo(style, rung.text.replace(/^TCP /, ''), arrow - 8);
      const rest = glyphs.line.repeat(Math.max(1, arrow - 5 - columns(text)));
      const head = dropped ? paint.red(glyphs.dropped) : rung.outbound ? glyphs.headLeft : glyphs.headRight;
      const shaft = rung.outbound
        ? `${head}${glyphs.line}${glyphs.line} ${text} ${rest}`
        : `${glyphs.line}${glyphs.line} ${text} ${rest}${head}`;
      const what = dropped
        ? paint.red(`${rung.decision.layer}: ${rung.decision.reason}`)
        : paint.dim(rung.outbound ? '' : phrases.verdict[rung.decision.effect]);
      printer.line(`${seconds(rung.time).padStart(11)} ${stem}${shaft}${stem} ${paint.dim(`#${rung.number}`)} ${what}`.trimEnd());
    }
    if (missing > 0) printer.line(`            ${phrases.more(grouped(missing), '--frames')}`);
  }
}

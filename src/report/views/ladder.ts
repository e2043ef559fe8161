import { CATALOGUE } from '../../trace/catalogue.ts';
import type { Decision } from '../../trace/decision.ts';
import type { Facts } from '../../trace/facts.ts';
import type { FrameRecord } from '../../trace/run.ts';
import type { Trace } from '../../trace/trace.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import type { Printer } from '../terminal/printer.ts';
import { columns, cutTo, grouped, padEnd, seconds } from '../words/layout.ts';
import { contents, endpoint, sentText } from '../words/packet-line.ts';
import type { Phrases } from '../words/phrases.ts';
import { destinationAddress, nameOf, sourceAddress } from '../words/words.ts';

/** Conversations that are drawn, and rungs of each; what comes beyond is counted. */
const MOST_LADDERS = 16;
const MOST_RUNGS = 200;
/** Columns from stem to stem, if there is room for them, and the least of them. */
const ARROW = 46;
const LEAST_ARROW = 30;
/** Column of the client's stem. */
const LEFT_STEM = 12;

interface Rung {
  /** 0: our host sent it, and it has no number. */
  readonly number: number;
  readonly time: number;
  readonly text: string;
  readonly outbound: boolean;
  /** Number of what was decided of the frame, or why our host sent it. */
  readonly decision: number;
}

interface Conversation {
  readonly client: string;
  /** The client's, without a port. */
  readonly address: string;
  readonly server: string;
  readonly rungs: Rung[];
  missing: number;
}

/** A sequence diagram of each conversation: the client on the left, the host on the right, a rung a frame. */
export class Ladder {
  private readonly conversations = new Map<string, Conversation>();
  private others = 0;

  /** `isLive`: what our host sends goes onto the wire; otherwise the captured server's own frames are there. */
  frame(frame: FrameRecord, trace: Trace, facts: Facts, isLive: boolean): void {
    let asking: Conversation | null = null;
    if (trace.final >= 0 && facts.family !== 0 && facts.arpOperation === 0) {
      const outbound = (CATALOGUE[trace.final] as Decision).effect === 'observe';
      const [from, to] = ends(facts, facts.hasTransport ? facts.protocol : -1);
      asking = this.conversation(facts.protocol, outbound ? to : from, outbound ? from : to);
      const { number, time } = frame;
      add(asking, { number, time, text: contents(facts), outbound, decision: trace.final });
    }
    if (isLive) this.sent(trace, asking);
  }

  /** A timer's work, or the program's. */
  activity(trace: Trace): void {
    this.sent(trace, null);
  }

  /** What our host sends: an ICMP error belongs to the conversation that it is about. */
  private sent(trace: Trace, asking: Conversation | null): void {
    for (let i = 0; i < trace.transmissionCount; i++) {
      const sent = trace.transmissions[i]!;
      if (sent.protocol === Sent.arp || sent.protocol === Sent.forwarded) continue;
      const [server, client] = ends(sent, sent.protocol);
      const isAnswer = asking !== null && asking.address === destinationAddress(sent);
      const rung = { number: 0, time: sent.time, text: sentText(sent, false, ''), outbound: true, decision: sent.why };
      add(isAnswer ? asking : this.conversation(sent.protocol, client, server), rung);
    }
  }

  /** Null: there are too many. */
  private conversation(protocol: number, client: End, server: End): Conversation | null {
    const key = `${protocol} ${client.text} ${server.text}`;
    let conversation = this.conversations.get(key);
    if (conversation === undefined) {
      if (this.conversations.size >= MOST_LADDERS) {
        this.others++;
        return null;
      }
      conversation = { client: client.text, address: client.address, server: server.text, rungs: [], missing: 0 };
      this.conversations.set(key, conversation);
    }
    return conversation;
  }

  print(printer: Printer): void {
    const { style, phrases } = printer;
    const rungs = [...this.conversations.values()].flatMap((conversation) => conversation.rungs);
    const right = Math.max(0, ...rungs.map((rung) => columns(rightOf(rung, phrases))));
    const room = style.width === 0 ? Number.POSITIVE_INFINITY : Math.max(LEAST_ARROW, style.width - LEFT_STEM - 4 - right);
    const wanted = style.width === 0 ? 0 : arrowFor(rungs);
    for (const conversation of this.conversations.values())
      this.draw(printer, conversation, Math.min(room, wanted || arrowFor(conversation.rungs)));
    if (this.others > 0) printer.line(`  ${phrases.more(grouped(this.others), '--frames')}`);
  }

  /** `arrow`: columns from stem to stem. */
  private draw(printer: Printer, { client, server, rungs, missing }: Conversation, arrow: number): void {
    const { style, phrases } = printer;
    const { glyphs, paint } = style;
    printer.line();
    const stem = paint.dim(glyphs.stem);
    const left = Math.max(0, LEFT_STEM - (client.length >> 1));
    const far = LEFT_STEM + 1 + arrow - (server.length >> 1);
    printer.line(paint.bold(padEnd(' '.repeat(left) + client, Math.max(far, left + client.length + 2)) + server));
    for (const rung of rungs) {
      const told = rightOf(rung, phrases);
      const dropped = (CATALOGUE[rung.decision] as Decision).effect === 'drop';
      const text = cutTo(style, rung.text.replace(/^TCP /, ''), arrow - 8);
      const rest = glyphs.line.repeat(Math.max(1, arrow - 5 - columns(text)));
      const head = dropped ? paint.red(glyphs.dropped) : rung.outbound ? glyphs.headLeft : glyphs.headRight;
      const shaft = rung.outbound
        ? `${head}${glyphs.line}${glyphs.line} ${text} ${rest}`
        : `${glyphs.line}${glyphs.line} ${text} ${rest}${head}`;
      const right = dropped ? paint.red(told) : paint.dim(told);
      printer.line(`${seconds(rung.time).padStart(11)} ${stem}${shaft}${stem} ${right}`.trimEnd());
    }
    if (missing > 0) printer.line(`            ${phrases.more(grouped(missing), '--frames')}`);
  }
}

/** Columns in which the longest of the texts can stand. */
function arrowFor(rungs: readonly Rung[]): number {
  return Math.max(ARROW, ...rungs.map((rung) => columns(rung.text) + 8));
}

/** `#7 deliver`, `#8 tcp: no_socket`; why our host sent it. */
function rightOf({ number, outbound, decision }: Rung, phrases: Phrases): string {
  const { effect, layer, reason } = CATALOGUE[decision] as Decision;
  if (number === 0) return nameOf(decision);
  const what = effect === 'drop' ? `${layer}: ${reason}` : outbound ? '' : phrases.verdict[effect];
  return `#${number} ${what}`.trimEnd();
}

interface End {
  readonly address: string;
  /** With the port where there is one. */
  readonly text: string;
}

/** Source and destination. `protocol`: -1 where the ports were not read. */
function ends(packet: Facts | Transmission, protocol: number): readonly [End, End] {
  const ports = protocol === Sent.tcp || protocol === Sent.udp;
  const end = (address: string, port: number): End => ({ address, text: ports ? endpoint(address, port) : address });
  return [end(sourceAddress(packet), packet.sourcePort), end(destinationAddress(packet), packet.destinationPort)];
}

/** Into no conversation: there were too many. */
function add(conversation: Conversation | null, rung: Rung): void {
  if (conversation === null) return;
  if (conversation.rungs.length >= MOST_RUNGS) conversation.missing++;
  else conversation.rungs.push(rung);
}

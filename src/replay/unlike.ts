import type { Facts } from '../trace/facts.ts';
import type { Transmission } from '../trace/transmission.ts';
import { keyOfSent } from './replies.ts';

const SYN_ACK = 0x12;
const ARP_REPLY = 2;
/** Conversations that are remembered. */
const MOST = 1 << 16;

/** In a replay: what our host has said without a connection, or to open one, and where the captured server has said something else. */
export class Unlike {
  private readonly isDatagramAnswer: (facts: Facts) => boolean;
  private readonly sent = new Set<string>();
  private readonly known = new Set<string>();

  constructor(isDatagramAnswer: (facts: Facts) => boolean) {
    this.isDatagramAnswer = isDatagramAnswer;
  }

  /** Our host sends this. */
  remember(sent: Transmission): void {
    if (this.sent.size < MOST) this.sent.add(keyOfSent(sent));
  }

  hasSent(key: string): boolean {
    return this.sent.has(key);
  }

  /** The captured server was unlike ours in this conversation: nothing more is expected of it there. */
  isKnown(key: string): boolean {
    return this.known.has(key);
  }

  note(key: string): void {
    if (this.known.size < MOST) this.known.add(key);
  }

  /** As `note`; true the first time. */
  isNews(key: string): boolean {
    if (this.known.has(key)) return false;
    this.note(key);
    return true;
  }

  /** Does the packet open a connection, or answer something outside of one? */
  isReply(facts: Facts): boolean {
    if (facts.protocol === 6 && facts.hasTransport) return (facts.tcpFlags & SYN_ACK) === SYN_ACK;
    return isAnswer(facts, this.isDatagramAnswer);
  }
}

/** Would the captured host not have sent this of its own accord? */
function isAnswer(facts: Facts, isDatagramAnswer: (facts: Facts) => boolean): boolean {
  if (facts.arpOperation !== 0) return facts.arpOperation === ARP_REPLY;
  if (!facts.hasTransport) return false;
  const { protocol, icmpType: type } = facts;
  if (protocol === 17) return isDatagramAnswer(facts);
  if (protocol === 1) return type === 0 || type === 3 || type === 11 || type === 12 || type === 14;
  return protocol === 58 && (type === 129 || (type >= 1 && type <= 4) || type === 136);
}

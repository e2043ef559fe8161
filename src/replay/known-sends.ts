import type { Facts } from '../trace/facts.ts';
import { Sent, type Transmission } from '../trace/transmission.ts';
import { AgingMap } from './aging-map.ts';

/** Packets that are remembered. */
const MOST = 1 << 16;
const TCP = 6;

/** TCP segments and UDP datagrams that a machine has sent, the last of them. */
export class KnownSends {
  private readonly known = new AgingMap<true>();

  add(sent: Transmission): void {
    if (sent.protocol !== Sent.tcp && sent.protocol !== Sent.udp) return;
    const { dst0, dst1, dst2, dst3, sourcePort, destinationPort, flags, seq, ack, window } = sent;
    this.keep(
      sent.protocol === Sent.tcp
        ? segment(dst0, dst1, dst2, dst3, sourcePort, destinationPort, flags, seq, ack, window)
        : datagram(dst0, dst1, dst2, dst3, sourcePort, destinationPort),
    );
  }

  /** Was this packet sent? */
  has({ protocol, dst0, dst1, dst2, dst3, sourcePort, destinationPort, tcpFlags, seq, ack, window }: Facts): boolean {
    const key =
      protocol === TCP
        ? segment(dst0, dst1, dst2, dst3, sourcePort, destinationPort, tcpFlags, seq, ack, window)
        : datagram(dst0, dst1, dst2, dst3, sourcePort, destinationPort);
    return this.known.get(key) === true;
  }

  private keep(key: string): void {
    const { known } = this;
    if (known.get(key) === true) return;
    if (known.size >= MOST) known.deleteOldest();
    known.add(key, true);
  }
}

function segment(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  from: number,
  to: number,
  flags: number,
  seq: number,
  ack: number,
  window: number,
): string {
  return `${w0},${w1},${w2},${w3} ${from} ${to} ${flags} ${seq} ${ack} ${window}`;
}

function datagram(w0: number, w1: number, w2: number, w3: number, from: number, to: number): string {
  return `${w0},${w1},${w2},${w3} ${from} ${to}`;
}

import type { Packet } from '../../host/packet.ts';
import type { Facts } from '../../trace/facts.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { sumBytes } from '../../wire/checksum.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { AgingMap } from '../aging-map.ts';

/** Packets that are remembered. */
const MOST = 1 << 16;
const CONTROL = TcpFlag.fin | TcpFlag.syn | TcpFlag.rst;

/** TCP segments and UDP datagrams that a machine has sent, the last of them. */
export class KnownSends {
  private readonly known = new AgingMap<true>();

  add(sent: Transmission): void {
    const { protocol, flags, seq, payload, payloadStart, payloadEnd } = sent;
    if (protocol === Sent.tcp) this.keep(segment(sent, flags, seq, payload, payloadStart, payloadEnd));
    else if (protocol === Sent.udp) this.keep(ends(sent));
  }

  /** Was a segment with this place in the stream and this content sent, whatever it acknowledges? */
  hasSegment(packet: Packet): boolean {
    const { bytes, tcpFlags, seq, payloadStart, payloadEnd } = packet;
    const header = (bytes[payloadStart + 12]! >> 4) * 4;
    return this.known.get(segment(packet, tcpFlags, seq, bytes, payloadStart + header, payloadEnd)) === true;
  }

  /** Was a datagram sent between these two? */
  hasDatagram(packet: Packet): boolean {
    return this.known.get(ends(packet)) === true;
  }

  private keep(key: string): void {
    const { known } = this;
    if (known.get(key) === true) return;
    if (known.size >= MOST) known.deleteOldest();
    known.add(key, true);
  }
}

type Ends = Pick<Facts, 'src0' | 'src1' | 'src2' | 'src3' | 'sourcePort' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'destinationPort'>;

function segment(packet: Ends, flags: number, seq: number, bytes: Uint8Array, start: number, end: number): string {
  return `${ends(packet)} ${flags & CONTROL} ${seq} ${end - start} ${sumBytes(bytes, start, end)}`;
}

/** Who speaks to whom, as a key. */
export function ends({ src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Ends): string {
  return `${src0},${src1},${src2},${src3} ${sourcePort} ${dst0},${dst1},${dst2},${dst3} ${destinationPort}`;
}

import type { Packet } from '../../host/packet.ts';
import type { Facts } from '../../trace/facts.ts';
import { Sent, type Transmission } from '../../trace/transmission.ts';
import { sumBytes } from '../../wire/checksum.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { Fingerprints } from './fingerprints.ts';

/** Packets that are remembered. */
const MOST = 1 << 16;
const CONTROL = TcpFlag.fin | TcpFlag.syn | TcpFlag.rst;

/** TCP segments and UDP datagrams that a machine has sent, the last of them. */
export class KnownSends {
  private readonly known = new Fingerprints(MOST);

  add(sent: Transmission): void {
    const { protocol, flags, seq, payload, payloadStart, payloadEnd } = sent;
    if (protocol === Sent.tcp) this.segment(sent, flags, seq, payload, payloadStart, payloadEnd).add();
    else if (protocol === Sent.udp) this.between(sent, IpProtocol.udp).add();
  }

  /** Was a segment with this place in the stream and this content sent, whatever it acknowledges? */
  hasSegment(packet: Packet): boolean {
    const { bytes, tcpFlags, seq, payloadStart, payloadEnd } = packet;
    const header = (bytes[payloadStart + 12]! >> 4) * 4;
    return this.segment(packet, tcpFlags, seq, bytes, payloadStart + header, payloadEnd).has;
  }

  /** Was a datagram sent between these two? */
  hasDatagram(packet: Packet): boolean {
    return this.between(packet, IpProtocol.udp).has;
  }

  private segment(packet: Ends, flags: number, seq: number, bytes: Uint8Array, start: number, end: number): Fingerprints {
    const sum = sumBytes(bytes, start, end);
    return this.between(packet, IpProtocol.tcp)
      .with(flags & CONTROL)
      .with(seq)
      .with(end - start)
      .with(sum);
  }

  private between(ends: Ends, protocol: number): Fingerprints {
    const { src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort } = ends;
    return this.known
      .begin()
      .with(src0)
      .with(src1)
      .with(src2)
      .with(src3)
      .with(dst0)
      .with(dst1)
      .with(dst2)
      .with(dst3)
      .with((sourcePort << 16) | destinationPort)
      .with(protocol);
  }
}

type Ends = Pick<Facts, 'src0' | 'src1' | 'src2' | 'src3' | 'sourcePort' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'destinationPort'>;

/** Who speaks to whom, as a key. */
export function ends({ src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort }: Ends): string {
  return [src0, src1, src2, src3, sourcePort, dst0, dst1, dst2, dst3, destinationPort].join();
}

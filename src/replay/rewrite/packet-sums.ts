import { putU16, u16 } from '../../wire/bytes.ts';
import { checksum, fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import { EtherType } from '../../wire/ethernet.ts';
import { ICMP_HEADER } from '../../wire/icmp.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import type { Peek } from '../survey/peek.ts';

const FULL = 0xffff;
const FRAGMENT = 0x3fff;

/** What a transport checksum says: none to look at, right, left to the sender's card, wrong. */
export const SumState = { none: 0, right: 1, unfinished: 2, wrong: 3 } as const;

/**
 * The checksums of one packet that is about to be changed. `remember` takes what they stand over, `adjust` changes them by what has changed
 * since (RFC 1624), so that a wrong one stays as wrong as it was; `complete` computes the transport's anew.
 */
export class PacketSums {
  /** A `SumState` number of the transport checksum, as remembered. */
  state: number = SumState.none;
  /** The IPv4 header checksum was left to the card: 0, which is wrong. */
  headerIsBlank = false;
  private bytes: Uint8Array = new Uint8Array(0);
  private isIpv4 = false;
  private protocol = -1;
  private network = 0;
  private transport = 0;
  private packetEnd = 0;
  /** Where the transport checksum is; -1: none. */
  private field = -1;
  private headerSum = 0;
  private upperSum = 0;

  /** `network`, `transport`: where the headers begin in `bytes`; `end`: one past the last byte there is. */
  remember(bytes: Uint8Array, peek: Peek, network: number, transport: number, end: number): void {
    this.bytes = bytes;
    this.isIpv4 = peek.etherType === EtherType.ipv4;
    this.protocol = peek.protocol;
    this.network = network;
    this.transport = transport;
    const length = this.isIpv4 ? u16(bytes, network + 2) : u16(bytes, network + 4) + 40;
    // a card that cuts segments itself is given packets without a length
    this.packetEnd = length === 0 || (length === 40 && !this.isIpv4) ? end : network + length;
    this.field = peek.hasTransport ? fieldOf(peek.protocol, transport, Math.min(end, this.packetEnd)) : -1;
    this.headerSum = this.isIpv4 ? this.sumOfHeader() : 0;
    this.headerIsBlank = this.isIpv4 && u16(bytes, network + 10) === 0 && this.headerSum !== FULL;
    this.upperSum = this.field < 0 ? 0 : this.sumOfUpper();
    this.state = this.field < 0 || this.isFragment() || this.packetEnd > end ? SumState.none : this.verdict();
  }

  adjust(): void {
    const { bytes } = this;
    if (this.isIpv4) {
      const at = this.network + 10;
      if (this.headerIsBlank) this.completeHeader();
      else change(bytes, at, this.headerSum, this.sumOfHeader());
    }
    if (this.field < 0) return;
    if (this.protocol === IpProtocol.udp && u16(bytes, this.field) === 0) return;
    change(bytes, this.field, this.upperSum, this.sumOfUpper());
    if (this.protocol === IpProtocol.udp && u16(bytes, this.field) === 0) putU16(bytes, this.field, FULL);
  }

  /** Computes the transport checksum. */
  complete(): void {
    const { bytes, field, transport, packetEnd } = this;
    if (field < 0) return;
    putU16(bytes, field, 0);
    const sum = checksum(bytes, transport, packetEnd, this.pseudo(packetEnd - transport));
    putU16(bytes, field, this.protocol === IpProtocol.udp && sum === 0 ? FULL : sum);
  }

  private completeHeader(): void {
    putU16(this.bytes, this.network + 10, 0);
    putU16(this.bytes, this.network + 10, FULL ^ this.sumOfHeader());
  }

  private verdict(): number {
    const { bytes, field, transport, packetEnd } = this;
    const written = u16(bytes, field);
    if (this.protocol === IpProtocol.udp && written === 0) return SumState.none;
    const length = packetEnd - transport;
    const pseudo = this.pseudo(length);
    if (fold(sumBytes(bytes, transport, packetEnd, pseudo)) === FULL) return SumState.right;
    if (this.protocol !== IpProtocol.tcp && this.protocol !== IpProtocol.udp) return SumState.wrong;
    return written === fold(pseudo) || written === fold(this.pseudo(0)) ? SumState.unfinished : SumState.wrong;
  }

  private isFragment(): boolean {
    return this.isIpv4 ? (u16(this.bytes, this.network + 6) & FRAGMENT) !== 0 : this.bytes[this.network + 6] === 44;
  }

  private sumOfHeader(): number {
    const { bytes, network } = this;
    return fold(sumBytes(bytes, network, network + (bytes[network]! & 15) * 4));
  }

  /** Of what may be changed: pseudo-header, transport header, and what an ICMP error quotes. */
  private sumOfUpper(): number {
    const { bytes, transport, protocol } = this;
    let end = Math.min(this.packetEnd, transport + ICMP_HEADER);
    if (protocol === IpProtocol.tcp) end = Math.min(this.packetEnd, transport + Math.max(20, (bytes[transport + 12]! >> 4) * 4));
    else if (protocol !== IpProtocol.udp) end = Math.min(this.packetEnd, bytes.length);
    return fold(sumBytes(bytes, transport, end, this.pseudo(0)));
  }

  private pseudo(length: number): number {
    const { bytes, network, protocol } = this;
    if (protocol === IpProtocol.icmp) return 0;
    if (this.isIpv4) return pseudoHeader4(word(bytes, network + 12), word(bytes, network + 16), protocol, length);
    const a = network + 8;
    const b = network + 24;
    return pseudoHeader6(
      word(bytes, a),
      word(bytes, a + 4),
      word(bytes, a + 8),
      word(bytes, a + 12),
      word(bytes, b),
      word(bytes, b + 4),
      word(bytes, b + 8),
      word(bytes, b + 12),
      protocol,
      length,
    );
  }
}

function fieldOf(protocol: number, transport: number, end: number): number {
  const at = transport + (protocol === IpProtocol.tcp ? 16 : protocol === IpProtocol.udp ? 6 : 2);
  const isSummed =
    protocol === IpProtocol.tcp || protocol === IpProtocol.udp || protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;
  return isSummed && at + 2 <= end ? at : -1;
}

function change(bytes: Uint8Array, at: number, before: number, after: number): void {
  if (before !== after) putU16(bytes, at, FULL ^ fold((FULL ^ u16(bytes, at)) + (FULL ^ before) + after));
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { u16 } from '../../wire/bytes.ts';
import { fold, pseudoHeader4, pseudoHeader6, sumBytes } from '../../wire/checksum.ts';
import { IcmpType, UnreachableCode } from '../../wire/icmp.ts';
import { Icmpv6Type, Unreachable6Code } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { UDP_HEADER } from '../../wire/udp.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import type { Packet } from '../packet.ts';

/** UDP-Lite (RFC 3828; Linux udplite): no program here opens a socket for it, so that all its ports are closed. */
export class UdpLite {
  private readonly trace: Trace;
  private readonly errors4: IcmpErrors;
  private readonly errors6: Icmpv6Errors;

  constructor(trace: Trace, errors4: IcmpErrors, errors6: Icmpv6Errors) {
    this.trace = trace;
    this.errors4 = errors4;
    this.errors6 = errors6;
  }

  receive(packet: Packet): void {
    const { trace } = this;
    const { bytes, payloadStart: at, payloadEnd } = packet;
    const there = payloadEnd - at;
    if (there < UDP_HEADER) {
      trace.record(packet.payloadLength > there ? D.udp_not_captured : D.udp_header_cut, there);
      return;
    }
    packet.hasTransport = true;
    packet.sourcePort = u16(bytes, at);
    packet.destinationPort = u16(bytes, at + 2);
    packet.dataLength = packet.payloadLength - UDP_HEADER;
    const field = u16(bytes, at + 6);
    // Where UDP has its length, UDP-Lite says how much the checksum covers; 0: all.
    const coverage = u16(bytes, at + 4) || packet.payloadLength;
    if (coverage > packet.payloadLength) {
      trace.record(D.udp_length_beyond_packet, coverage, packet.payloadLength);
      return;
    }
    const isPossible = field !== 0 && coverage >= UDP_HEADER;
    const sum = isPossible && coverage <= there ? fold(sumBytes(bytes, at, at + coverage, pseudoHeader(packet))) : 0xffff;
    // IPv6 looks for a socket before it sums up a part.
    if (packet.family === 6 && isPossible && coverage < packet.payloadLength && sum !== 0xffff) {
      trace.record(D.udp_no_socket_damaged, packet.destinationPort);
      return;
    }
    if (!isPossible || sum !== 0xffff) {
      trace.record(D.udp_checksum_bad, field, ~fold(sum + (~field & 0xffff)) & 0xffff);
      return;
    }
    trace.record(D.udp_no_socket, packet.destinationPort);
    if (packet.family === 4) {
      this.errors4.send(packet, IcmpType.destinationUnreachable, UnreachableCode.port, 0, D.icmp_port_unreachable);
    } else this.errors6.send(packet, Icmpv6Type.destinationUnreachable, Unreachable6Code.port, 0, D.icmpv6_port_unreachable);
  }
}

/** It covers the length of the whole datagram, whatever the checksum does. */
function pseudoHeader(packet: Packet): number {
  const { src0, src1, src2, src3, dst0, dst1, dst2, dst3, payloadLength } = packet;
  if (packet.family === 4) return pseudoHeader4(src3, dst3, IpProtocol.udpLite, payloadLength);
  return pseudoHeader6(src0, src1, src2, src3, dst0, dst1, dst2, dst3, IpProtocol.udpLite, payloadLength);
}

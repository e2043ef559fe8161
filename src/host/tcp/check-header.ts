import { D } from '../../trace/catalogue.ts';
import { IpTarget, type Packet } from '../packet.ts';
import { checksumVerdict, LONGEST_FRAME } from './checksum.ts';
import { TcpConnection } from './connection.ts';
import { keepUntaken } from './observe.ts';
import type { Segment } from './segment.ts';
import type { Tcp } from './tcp.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';

/** In a frame to a group; its MAC is no matter where the captured host answered (its MACs were rewritten). */
export function mayBeToGroup(tcp: Tcp, packet: Packet): boolean {
  const excused = packet.ipTarget === IpTarget.unicast && tcp.context.config.capture?.answered(packet) === true;
  tcp.trace.record(excused ? D.tcp_group_excused : D.tcp_not_unicast, packet.linkTarget);
  return excused;
}

/** A segment that came in: is its checksum right, or no matter? */
export function isUndamaged(tcp: Tcp, packet: Packet, s: Segment): boolean {
  const verdict = checksumVerdict(packet, s, tcp.context.config.capture, announcedMss(tcp, packet));
  tcp.trace.record(verdict, packet.dataLength, s.headerLength);
  if (verdict !== D.tcp_checksum_bad) return true;
  keepDamaged(tcp, packet, s);
  return false;
}

/** Did the captured server's segment, of connection `c`, reach the capture as it was sent? */
export function isSound(tcp: Tcp, packet: Packet, s: Segment, c: Known | null): boolean {
  const mss = c instanceof TcpConnection && !c.adopted ? c.mssClamp : 0;
  const verdict = checksumVerdict(packet, s, tcp.context.config.capture, mss);
  if (verdict === D.tcp_checksum_bad) tcp.trace.record(D.tcp_observed_checksum_bad, packet.dataLength);
  else if (verdict !== D.tcp_checksum_good && verdict !== D.tcp_checksum_not_captured)
    tcp.trace.record(verdict, packet.dataLength);
  return verdict !== D.tcp_checksum_bad;
}

/** The longest segment that the captured server takes, as it has announced; 0: not known, or does not matter to a frame so short. */
function announcedMss(tcp: Tcp, packet: Packet): number {
  if (!tcp.followed || packet.frame.wireLength <= LONGEST_FRAME) return 0;
  const c = tcp.find(packet);
  return c instanceof TcpConnection && !c.adopted ? c.advMss : 0;
}

/** A damaged segment tells where its connection was, and the captured server may have taken its data. */
function keepDamaged(tcp: Tcp, packet: Packet, s: Segment): void {
  const c = tcp.find(packet);
  if (c === null) return;
  packet.senderIsn = c.irs;
  packet.receiverIsn = c.iss;
  if (!(c instanceof TimeWaitSocket) && c.followed && s.dataLength > 0) keepUntaken(c, s, s.seq);
}

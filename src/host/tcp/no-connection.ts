import { D } from '../../trace/catalogue.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { IpTarget, type Packet } from '../packet.ts';
import { mayCarryCookie } from './cookies.ts';
import { acceptCookie, answerSyn } from './handshake.ts';
import { receiveInConnection } from './input.ts';
import type { TcpListener } from './listener.ts';
import { adopt } from './observe.ts';
import type { Segment } from './segment.ts';
import { refusesSignature } from './signature.ts';
import type { Tcp } from './tcp.ts';
import { sendReset } from './transmit.ts';

/** A segment of no connection that is known: for a listener, or for nobody (RFC 9293 §3.10.7.1 and §3.10.7.2). */
export function receiveUnknown(tcp: Tcp, packet: Packet, s: Segment): void {
  const { capture } = tcp.context.config;
  const control = s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst);
  if (control === TcpFlag.syn) packet.senderIsn = s.seq;
  let listener = tcp.listenerFor(packet);
  if (capture !== null) {
    if (listener === null && control === TcpFlag.syn && capture.assumeListener(packet)) listener = assume(tcp, packet);
    if ((control & TcpFlag.rst) !== 0 && tcp.departed.received(packet, s.seq, tcp.now)) {
      packet.senderIsn = tcp.departed.irs;
      packet.receiverIsn = tcp.departed.iss;
    } else if ((s.flags & TcpFlag.syn) === 0 && capture.adopt(packet)) {
      receiveInConnection(adopt(tcp, packet, s), packet, s);
      return;
    }
  }
  if (listener !== null) receiveForListener(tcp, listener, packet, s, control);
  else {
    tcp.trace.record(D.tcp_no_socket, packet.destinationPort);
    sendReset(tcp, packet, s, D.tcp_rst_no_socket, null);
  }
}

function receiveForListener(tcp: Tcp, listener: TcpListener, packet: Packet, s: Segment, control: number): void {
  const { trace } = tcp;
  packet.fd = listener.fd;
  if (s.hasOptions && s.options.signed && !hasAccepted(tcp, packet) && refusesSignature(trace, s)) return;
  if (mayCarryCookie(s) && acceptCookie(tcp, listener, packet, s)) return;
  if ((control & TcpFlag.ack) !== 0) {
    trace.record(D.tcp_listen_ack, s.ack);
    sendReset(tcp, packet, s, D.tcp_rst_listen, null);
  } else if ((control & TcpFlag.rst) !== 0) {
    trace.record(D.tcp_listen_rst);
  } else if (control !== TcpFlag.syn) {
    trace.record(D.tcp_listen_no_syn, s.flags);
  } else if ((s.flags & TcpFlag.fin) !== 0 && !tcp.rules.synTextWaits) {
    trace.record(D.tcp_listen_syn_fin);
  } else if (packet.ipTarget !== IpTarget.unicast) {
    trace.record(D.tcp_not_unicast, packet.ipTarget);
  } else {
    trace.record(D.tcp_listener_found, listener.fd, listener.localPort);
    answerSyn(tcp, listener, packet, s);
  }
}

/** The captured server took what this host has no key for. */
function hasAccepted(tcp: Tcp, packet: Packet): boolean {
  return tcp.context.config.capture?.accepted(packet) === true;
}

/** A capture shows a connection to a port that nobody has told of. */
function assume(tcp: Tcp, packet: Packet): TcpListener {
  tcp.trace.record(D.tcp_listener_assumed, packet.destinationPort);
  return tcp.listen({ protocol: 'tcp', port: packet.destinationPort, backlog: 4096, program: 'captured' });
}

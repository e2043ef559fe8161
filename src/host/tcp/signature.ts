import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { State } from '../sockets.ts';
import type { TcpConnection } from './connection.ts';
import type { Segment } from './segment.ts';
import { TimeWaitSocket } from './time-wait-socket.ts';

/**
 * A segment that carries an MD5 signature or an authentication option comes to a host that has no keys (Linux 6.18 without
 * CONFIG_TCP_AO). True: it has been dropped, without an answer.
 */
export function refusesSignature(trace: Trace, s: Segment): boolean {
  const { signatureBroken, md5 } = s.options;
  trace.record(signatureBroken ? D.tcp_auth_header_bad : md5 ? D.tcp_md5_unexpected : D.tcp_ao_ignored);
  return signatureBroken || md5;
}

/** TIME_WAIT looks at no signatures; that of a captured connection is unexpected where its handshake had none, else it cannot be checked. */
export function mayBeSigned(c: TcpConnection | TimeWaitSocket): boolean {
  return c instanceof TimeWaitSocket || c.bucket || c.signed || c.adopted || (c.followed && c.state === State.synSent);
}

/** Linux does not answer with a reset, which would have to be signed too (RFC 5925 §7.3); authentication options alone it does not see. */
export function forbidsReset(s: Segment): boolean {
  return s.hasOptions && (s.options.md5 || s.options.signatureBroken);
}

import { D } from '../../trace/catalogue.ts';
import type { SocketEvent } from '../../trace/events.ts';
import type { Trace } from '../../trace/trace.ts';
import { formatIp } from '../../wire/address.ts';
import { settle } from '../../wire/shape.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { Batch } from '../batch.ts';
import type { ListenerConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Paths } from '../ip/paths.ts';
import { IpTarget, type Packet } from '../packet.ts';
import type { Random } from '../random.ts';
import { type Descriptors, type Ending, type Socket, STATE_NAMES, State } from '../sockets.ts';
import type { Sysctls } from '../sysctl.ts';
import type { Timers } from '../time/timers.ts';
import { checksumVerdict, LONGEST_FRAME } from './checksum.ts';
import { TcpConnection } from './connection.ts';
import { CONNECTIONS_MAX, MOST_FOLLOWED, MS } from './constants.ts';
import { Cookies, mayCarryCookie } from './cookies.ts';
import { Departed } from './departed.ts';
import { leaveSynQueue } from './establish.ts';
import { acceptCookie, answerSyn, receiveInSynReceived } from './handshake.ts';
import { quoted, receiveIcmpError } from './icmp-errors.ts';
import { receiveInConnection } from './input.ts';
import { TcpListener } from './listener.ts';
import { ListenerTable } from './listener-table.ts';
import { adopt, completeActiveOpen, keepUntaken, observeSegment, passHoles } from './observe.ts';
import { RULES, type Rules } from './profile.ts';
import { readSegment } from './read-segment.ts';
import { startsNewConnection } from './reuse.ts';
import { Segment } from './segment.ts';
import { SendQueue } from './send-queue.ts';
import { add } from './seq.ts';
import { mayBeSigned, refusesSignature } from './signature.ts';
import { SpareSockets } from './spare.ts';
import { receiveInSimultaneousOpen, receiveInSynSent } from './syn-sent.ts';
import { ConnectionTable } from './table.ts';
import { receiveInTimeWait } from './time-wait.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';
import { ConnectionAlarm, TimerKind } from './timers.ts';
import { sendReset } from './transmit.ts';
import { Wakes } from './wakes.ts';

/** Whose packet it is, and to whom. */
export type Tuple = Pick<
  Packet,
  'family' | 'src0' | 'src1' | 'src2' | 'src3' | 'sourcePort' | 'dst0' | 'dst1' | 'dst2' | 'dst3' | 'destinationPort'
>;

/** The TCP of one host: header checks, lookup, and dispatch by the connection's state. */
export class Tcp {
  readonly context: HostContext;
  readonly trace: Trace;
  readonly timers: Timers;
  readonly random: Random;
  readonly descriptors: Descriptors;
  readonly sysctl: Sysctls;
  /** What the profile decides where Linux and RFC 9293 differ. */
  readonly rules: Rules;
  readonly mtu: number;
  readonly minPmtu: number;
  readonly ttl4: number;
  /** Nanoseconds of tcp_invalid_ratelimit. */
  readonly invalidRateLimit: number;
  /** The frames come from a capture: the captured server's half of each connection is followed. */
  readonly followed: boolean;
  readonly table = new ConnectionTable();
  readonly listeners = new ListenerTable();
  readonly cookies: Cookies;
  /** What followed connections have in place of a sending half's own. */
  readonly noQueue = new SendQueue();
  /** Followed connections that the client has reset, and whose last segments may still be under way. */
  readonly departed = new Departed();
  readonly noAlarm = new ConnectionAlarm(null, TimerKind.retransmit);
  /** The connection that the frame under work belongs to, as it is by now; null: none, or gone. */
  current: Known | null = null;
  /** Connections in the table at most; the next SYN is then dropped. */
  readonly connectionsMax: number;
  /** Connections that are in TIME_WAIT or wait for a FIN without owner. */
  buckets = 0;
  resetsSent = 0;
  /** Followed connections that were forgotten because there were too many. */
  letGo = 0;
  /** ISN for a SYN, -1: choose; so that a replayed client's numbers fit. */
  issFor: ((packet: Packet) => number) | null = null;
  /** What routers have told of paths; null where that is not to be followed (a capture). */
  paths: Paths | null = null;
  /** TSval of the SYN-ACK for a SYN, -1: choose; so that a replayed client's echoes fit. */
  timestampFor: ((packet: Packet) => number) | null = null;
  /** The packet that was received last: what answers it without a connection of its own brings its IP options back. */
  received: Packet | null = null;
  private readonly wakes: Wakes;
  private readonly retiring = new Batch<TcpConnection>();
  private readonly spare: SpareSockets;
  private readonly segment = settle(new Segment(), ['seq', 'ack', 'endSeq']);
  private readonly timestampKey: number;
  private challengeSecond = -1;
  private challengesLeft = 0;
  private depth = 0;

  constructor(context: HostContext) {
    this.context = context;
    this.trace = context.trace;
    this.timers = context.timers;
    this.random = context.random;
    this.descriptors = context.descriptors;
    const { config } = context;
    this.sysctl = config.sysctl;
    this.rules = RULES[config.profile ?? 'linux'];
    this.mtu = config.mtu;
    this.connectionsMax = config.connections ?? CONNECTIONS_MAX;
    this.minPmtu = config.sysctl['ipv4.route.min_pmtu'];
    this.ttl4 = config.sysctl['ipv4.ip_default_ttl'];
    this.invalidRateLimit = config.sysctl['ipv4.tcp_invalid_ratelimit'] * MS;
    this.followed = config.capture !== null;
    this.cookies = new Cookies(this.random.next());
    this.timestampKey = this.random.next();
    this.wakes = new Wakes(this.trace);
    settle(this.segment.options, ['tsVal', 'tsEcr']);
    this.spare = new SpareSockets(this);
  }

  /** Nanoseconds: the time of the activity under way. */
  get now(): number {
    return this.context.now;
  }

  set now(value: number) {
    this.context.now = value;
  }

  /** Opens a listening socket with a descriptor of its own. */
  listen(config: ListenerConfig): TcpListener {
    const listener = this.socket(config);
    this.startListening(listener);
    return listener;
  }

  /** A socket that does not listen yet, with its descriptor. */
  socket(config: ListenerConfig): TcpListener {
    const listener = new TcpListener(this, config);
    this.descriptors.assign(listener);
    listener.openedAt = this.now;
    return listener;
  }

  startListening(listener: TcpListener): void {
    listener.program = this.context.programFor(listener.config);
    this.listeners.add(listener);
    this.trace.record(D.socket_listen, listener.localPort, listener.backlog);
    this.emit('listen', listener);
    listener.program.started?.(listener, this.context.clock);
  }

  unlisten(listener: TcpListener): void {
    this.listeners.remove(listener);
    this.descriptors.release(listener);
    listener.closedAt = this.now;
    this.emit('close', listener);
    this.context.onEnded?.(listener, 'closed');
  }

  get ttl6(): number {
    return this.context.hopLimit6;
  }

  /** The connection of a packet that comes from the peer. */
  find(p: Packet): Known | null {
    return this.findAs(p);
  }

  /** The connection of a peer's packet with these addresses and ports. */
  findAs(p: Tuple): Known | null {
    return this.table.find(
      p.family,
      p.dst0,
      p.dst1,
      p.dst2,
      p.dst3,
      p.destinationPort,
      p.src0,
      p.src1,
      p.src2,
      p.src3,
      p.sourcePort,
    );
  }

  /** The connection of a packet that the captured server sent. */
  findObserved(p: Packet): Known | null {
    return this.table.find(
      p.family,
      p.src0,
      p.src1,
      p.src2,
      p.src3,
      p.sourcePort,
      p.dst0,
      p.dst1,
      p.dst2,
      p.dst3,
      p.destinationPort,
    );
  }

  connections(): Iterable<Known> {
    return this.table;
  }

  /** The capture is over: what it does not have will not come. */
  captureEnds(): void {
    this.enter();
    for (const c of this.table) if (!(c instanceof TimeWaitSocket)) passHoles(c);
    this.leave();
  }

  /** The listener for the packet's destination, the one bound to the address before the one bound to any. */
  listenerFor(p: Packet): TcpListener | null {
    return this.listeners.find(p.family, p.dst0, p.dst1, p.dst2, p.dst3, p.destinationPort);
  }

  /** A segment for this host (RFC 9293 §3.10.7). */
  receive(packet: Packet): void {
    this.enter();
    this.received = packet;
    const s = this.segment;
    if (
      readSegment(packet, s, this.trace, false) &&
      (packet.linkTarget === 0 || this.refuseGroup(packet)) &&
      this.checkHeader(packet, s)
    )
      this.dispatch(packet, s);
    this.leave();
  }

  /** A segment that the captured server sent. */
  observe(packet: Packet): void {
    this.enter();
    const s = this.segment;
    if (readSegment(packet, s, this.trace, true)) {
      const c = this.findObserved(packet);
      this.current = c;
      if (this.isSound(packet, c)) observeSegment(this, packet, s, c);
    }
    this.leave();
    this.trace.record(D.tcp_observed);
  }

  /** Did the captured server's segment reach the capture as it was sent? */
  private isSound(packet: Packet, c: TcpConnection | TimeWaitSocket | null): boolean {
    const mss = c instanceof TcpConnection && !c.adopted ? c.mssClamp : 0;
    const verdict = checksumVerdict(packet, this.segment, this.context.config.capture, mss);
    if (verdict === D.tcp_checksum_bad) this.trace.record(D.tcp_observed_checksum_bad, packet.dataLength);
    else if (verdict !== D.tcp_checksum_good && verdict !== D.tcp_checksum_not_captured)
      this.trace.record(verdict, packet.dataLength);
    return verdict !== D.tcp_checksum_bad;
  }

  /** Is the quoted segment one of a connection of ours? */
  isQuoted(packet: Packet, quoteStart: number, at: number): boolean {
    return quoted(this, packet, quoteStart, at) !== null;
  }

  /** An ICMP error about a segment of ours; the quoted IP header begins at `quoteStart` of packet.bytes. `mtu`: of a "fragmentation needed". */
  icmpError(packet: Packet, type: number, code: number, quoteStart: number, quoteEnd: number, mtu = 0): void {
    this.enter();
    receiveIcmpError(this, packet, type, code, quoteStart, quoteEnd, mtu);
    this.leave();
  }

  /** In a frame to a group; its MAC is no matter where the captured host answered (its MACs were rewritten). */
  private refuseGroup(packet: Packet): boolean {
    const excused = packet.ipTarget === IpTarget.unicast && this.context.config.capture?.answered(packet) === true;
    this.trace.record(excused ? D.tcp_group_excused : D.tcp_not_unicast, packet.linkTarget);
    return excused;
  }

  private checkHeader(packet: Packet, s: Segment): boolean {
    const verdict = checksumVerdict(packet, s, this.context.config.capture, this.announcedMss(packet));
    this.trace.record(verdict, packet.dataLength, s.headerLength);
    if (verdict !== D.tcp_checksum_bad) return true;
    this.keepDamaged(packet, s);
    return false;
  }

  /** The longest segment that the captured server takes, as it has announced; 0: not known, or does not matter to a frame so short. */
  private announcedMss(packet: Packet): number {
    if (!this.followed || packet.frame.wireLength <= LONGEST_FRAME) return 0;
    const c = this.find(packet);
    return c instanceof TcpConnection && !c.adopted ? c.advMss : 0;
  }

  /** A damaged segment tells where its connection was, and the captured server may have taken its data. */
  private keepDamaged(packet: Packet, s: Segment): void {
    const c = this.find(packet);
    if (c === null) return;
    packet.senderIsn = c.irs;
    packet.receiverIsn = c.iss;
    if (!(c instanceof TimeWaitSocket) && c.followed && s.dataLength > 0) keepUntaken(c, s, s.seq);
  }

  private dispatch(packet: Packet, s: Segment): void {
    const c = this.find(packet);
    this.current = c;
    if (c === null) {
      this.receiveUnknown(packet, s);
      return;
    }
    packet.senderIsn = c.irs;
    packet.receiverIsn = c.iss;
    packet.fd = c.fd;
    if (c.followed && startsNewConnection(c, s)) {
      this.trace.record(D.tcp_port_reused, c.state);
      this.remove(c, 'replaced');
      packet.senderIsn = packet.receiverIsn = packet.fd = -1;
      this.receiveUnknown(packet, s);
      return;
    }
    this.trace.record(D.tcp_connection_found, c.state, c.fd);
    if (s.hasOptions && s.options.signed && !mayBeSigned(c) && refusesSignature(this.trace, s)) return;
    if (c.bucket) receiveInTimeWait(c, packet, s);
    else if (c.state === State.synSent) receiveInSynSent(c, packet, s);
    else if (c.state !== State.synReceived) receiveInConnection(c, packet, s);
    else if (!c.activeOpen) receiveInSynReceived(c, packet, s);
    else if (c.followed) this.receiveInActiveOpen(c, packet, s);
    else receiveInSimultaneousOpen(c, packet, s);
  }

  private receiveInActiveOpen(c: TcpConnection, packet: Packet, s: Segment): void {
    const control = s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst);
    if (control === (TcpFlag.syn | TcpFlag.ack) && s.ack === add(c.iss, 1)) completeActiveOpen(c, packet, s);
    else if ((control & TcpFlag.rst) !== 0) {
      this.trace.record(D.tcp_reset_by_peer, 0, c.state);
      c.closedBy = 'client';
      this.remove(c, 'peer_reset');
    } else this.trace.record(D.tcp_no_ack_flag);
  }

  /** The connection that knew the segment is gone: it is looked at as if there had been none. */
  receiveAgain(packet: Packet, s: Segment): void {
    this.receiveUnknown(packet, s);
  }

  private receiveUnknown(packet: Packet, s: Segment): void {
    const { trace } = this;
    const { capture } = this.context.config;
    const control = s.flags & (TcpFlag.syn | TcpFlag.ack | TcpFlag.rst);
    if (control === TcpFlag.syn) packet.senderIsn = s.seq;
    let listener = this.listenerFor(packet);
    if (capture !== null) {
      if (listener === null && control === TcpFlag.syn && capture.assumeListener(packet)) listener = this.assume(packet);
      if ((control & TcpFlag.rst) !== 0 && this.departed.received(packet, s.seq, this.now)) {
        packet.senderIsn = this.departed.irs;
        packet.receiverIsn = this.departed.iss;
      } else if ((s.flags & TcpFlag.syn) === 0 && capture.adopt(packet)) {
        const c = adopt(this, packet, s);
        receiveInConnection(c, packet, s);
        return;
      }
    }
    if (listener === null) {
      trace.record(D.tcp_no_socket, packet.destinationPort);
      sendReset(this, packet, s, D.tcp_rst_no_socket, null);
      return;
    }
    packet.fd = listener.fd;
    if (s.hasOptions && s.options.signed && capture?.accepted(packet) !== true && refusesSignature(trace, s)) return;
    if (mayCarryCookie(s) && acceptCookie(this, listener, packet, s)) return;
    if ((control & TcpFlag.ack) !== 0) {
      trace.record(D.tcp_listen_ack, s.ack);
      sendReset(this, packet, s, D.tcp_rst_listen, null);
    } else if ((control & TcpFlag.rst) !== 0) {
      trace.record(D.tcp_listen_rst);
    } else if (control !== TcpFlag.syn) {
      trace.record(D.tcp_listen_no_syn, s.flags);
    } else if ((s.flags & TcpFlag.fin) !== 0 && !this.rules.synTextWaits) {
      trace.record(D.tcp_listen_syn_fin);
    } else if (packet.ipTarget !== IpTarget.unicast) trace.record(D.tcp_not_unicast, packet.ipTarget);
    else {
      trace.record(D.tcp_listener_found, listener.fd, listener.localPort);
      answerSyn(this, listener, packet, s);
    }
  }

  /** A capture shows a connection to a port that nobody has told of. */
  private assume(packet: Packet): TcpListener {
    this.trace.record(D.tcp_listener_assumed, packet.destinationPort);
    return this.listen({ protocol: 'tcp', port: packet.destinationPort, backlog: 4096, program: 'captured' });
  }

  add(c: TcpConnection): void {
    if (this.followed && this.table.size - this.buckets >= MOST_FOLLOWED) this.letOneGo();
    this.table.add(c);
    this.current = c;
  }

  /** A capture may show more connections than there is memory for: one that was not heard of for long is forgotten. */
  private letOneGo(): void {
    const idlest = this.table.idlest();
    if (idlest === null) return;
    this.letGo++;
    this.trace.record(D.tcp_let_go, MOST_FOLLOWED);
    this.remove(idlest, 'timeout');
  }

  /** Takes the connection out of the table, once; tells its program and whoever keeps the list of sockets. */
  remove(c: Known, how: Ending): void {
    if (c.slot < 0) return;
    if (!(c instanceof TimeWaitSocket)) passHoles(c);
    if (this.followed && how === 'peer_reset') this.departed.add(c, this.now);
    this.table.remove(c);
    if (this.current === c) this.current = null;
    if (c.bucket) this.buckets--;
    this.timers.cancel(c.lifeAlarm);
    if (c instanceof TimeWaitSocket) c.lifeAlarm.connection = null;
    else this.empty(c);
    const state = c.state;
    c.lastState = state;
    c.state = State.closed;
    c.closedAt = this.now;
    if (how === 'peer_reset' || how === 'aborted') this.emit('reset', c);
    if (state !== State.closed) this.emit('removed', c);
    this.trace.record(D.socket_removed, state);
    this.wakes.end(c, how);
  }

  /** Lets go of what a connection holds. What waits to be read stays. */
  private empty(c: TcpConnection): void {
    leaveSynQueue(c);
    this.timers.cancel(c.retransmitAlarm);
    this.timers.cancel(c.delackAlarm);
    c.retransmitAlarm.connection = c.delackAlarm.connection = c.lifeAlarm.connection = null;
    if (c.observed !== null) c.observed.finish(c, c.sndUna);
    c.sendQueue.clear();
    c.receiveQueue.keep();
    c.reassembly = null;
    c.observed = null;
  }

  /** A followed connection has entered TIME_WAIT: when the work at hand is done, only its numbers stay. */
  retire(c: TcpConnection): void {
    this.retiring.add(c);
  }

  private keepNumbers(c: TcpConnection): void {
    if (c.slot < 0 || c.receiveQueue.length > 0 || c.observed?.isOver === false) return;
    if (c.program?.retired?.(c) !== true) return;
    const left = this.spare.timeWaitSocket();
    left.become(c);
    this.table.replace(left);
    if (this.current === c) this.current = left;
    this.descriptors.pass(c, left);
    c.retransmitAlarm.connection = c.delackAlarm.connection = null;
    c.lifeAlarm.connection = left;
    c.lifeAlarm = this.noAlarm;
    c.slot = -1;
    this.spare.keep(c);
  }

  /** A connection that has not begun. */
  newConnection(listener: TcpListener | null): TcpConnection {
    return this.spare.connection(listener);
  }

  /** Second half of `remove`: the program is told when the work at hand is done. */
  ended(c: Known, how: Ending): void {
    c.program?.ended(c, how);
    this.context.onEnded?.(c, how);
    this.descriptors.release(c);
    if (!(c instanceof TimeWaitSocket)) c.receiveQueue.clear();
    this.spare.keep(c);
  }

  setState(c: Known, state: number, event = 'state'): void {
    if (c.state === state) return;
    c.state = state;
    if (this.trace.told !== null) this.emit(event, c);
  }

  emit(event: string, socket: Socket): void {
    const events = this.trace.told;
    if (events === null) return;
    const { family } = socket;
    const told: { -readonly [K in keyof SocketEvent]: SocketEvent[K] } = {
      type: 'socket',
      time: this.now,
      event,
      fd: socket.fd,
      proto: 'tcp',
      local: socket.localAny ? '*' : formatIp(family, socket.local0, socket.local1, socket.local2, socket.local3),
      lport: socket.localPort,
      state: STATE_NAMES[socket.state]!,
    };
    if (socket.peerPort > 0) {
      told.peer = formatIp(family, socket.peer0, socket.peer1, socket.peer2, socket.peer3);
      told.pport = socket.peerPort;
    }
    if (socket.adopted) told.adopted = true;
    events.push(told);
  }

  chooseIss(packet: Packet, cookie: boolean): number {
    // drawn in any case: what is left to chance later is then the same
    const own = cookie ? -1 : this.random.next();
    const chosen = this.issFor === null ? -1 : this.issFor(packet);
    return chosen >= 0 ? chosen : own;
  }

  /** What is added to our clock for this peer: `value` is the clock that the SYN-ACK shows, null when an ACK brings a cookie back. */
  timestampOffset(packet: Packet, value: number | null): number {
    if (this.timestampFor !== null) {
      if (value === null) return this.cookies.timestampOffset(packet);
      const chosen = this.timestampFor(packet);
      if (chosen >= 0) return this.cookies.rememberOffset(packet, (chosen - value) >>> 0);
    }
    return (Math.imul(this.timestampKey ^ packet.src3, 0x9e3779b1) ^ Math.imul(packet.dst3 ^ packet.src2, 0x85ebca6b)) >>> 0;
  }

  /** The host's own limit of challenge ACKs in a second (RFC 5961 §7). */
  challengeAllowed(): boolean {
    const limit = this.sysctl['ipv4.tcp_challenge_ack_limit'];
    if (limit >= 0x7fffffff) return true;
    const second = Math.floor(this.now / 1e9);
    if (second !== this.challengeSecond) {
      this.challengeSecond = second;
      this.challengesLeft = ((limit + 1) >> 1) + (this.random.next() % Math.max(1, limit));
    }
    if (this.challengesLeft <= 0) return false;
    this.challengesLeft--;
    return true;
  }

  wakeReader(c: TcpConnection): void {
    this.wakes.reader(c);
  }

  wakeWriter(c: TcpConnection): void {
    this.wakes.writer(c);
  }

  wakeAccepter(listener: TcpListener): void {
    this.wakes.accepter(listener);
  }

  /** Work begins: programs are called when the outermost `leave` ends it, as a process runs after the kernel has finished. */
  enter(): void {
    this.depth++;
  }

  /** Programs are called now: what they read came before what is still to be looked at. */
  letProgramsRun(): void {
    this.wakes.run();
  }

  leave(): void {
    if (this.depth === 1) {
      this.wakes.run();
      const { retiring } = this;
      if (retiring.size > 0) {
        for (let i = 0; i < retiring.size; i++) this.keepNumbers(retiring.at(i));
        retiring.clear();
      }
    }
    this.depth--;
  }
}

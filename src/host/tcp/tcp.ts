import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { settle } from '../../wire/shape.ts';
import { Batch } from '../batch.ts';
import type { ListenerConfig } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { Paths } from '../ip/paths.ts';
import type { Packet } from '../packet.ts';
import type { Random } from '../random.ts';
import { tellSocket } from '../socket-event.ts';
import { type Descriptors, type Ending, type Socket, State } from '../sockets.ts';
import type { Sysctls } from '../sysctl.ts';
import type { Timers } from '../time/timers.ts';
import { ChallengeLimit } from './challenge-limit.ts';
import { isSound, isUndamaged, mayBeToGroup } from './check-header.ts';
import type { TcpConnection } from './connection.ts';
import { CONNECTIONS_MAX, MOST_FOLLOWED, MS } from './constants.ts';
import { Cookies } from './cookies.ts';
import { Departed } from './departed.ts';
import { leaveSynQueue } from './establish.ts';
import { receiveInSynReceived } from './handshake.ts';
import { quoted, receiveIcmpError } from './icmp-errors.ts';
import { InitialNumbers } from './initial-numbers.ts';
import { receiveInConnection } from './input.ts';
import { TcpListener } from './listener.ts';
import { ListenerTable } from './listener-table.ts';
import { receiveUnknown } from './no-connection.ts';
import { observeSegment, passHoles } from './observe.ts';
import { RULES, type Rules } from './profile.ts';
import { readSegment } from './read-segment.ts';
import { startsNewConnection } from './reuse.ts';
import { Segment } from './segment.ts';
import { SendQueue } from './send-queue.ts';
import { mayBeSigned, refusesSignature } from './signature.ts';
import { SpareSockets } from './spare.ts';
import { receiveInSimultaneousOpen, receiveInSynSent } from './syn-sent.ts';
import { ConnectionTable } from './table.ts';
import { receiveInTimeWait } from './time-wait.ts';
import { type Known, TimeWaitSocket } from './time-wait-socket.ts';
import { ConnectionAlarm, TimerKind } from './timers.ts';
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
  readonly initial: InitialNumbers;
  readonly challenges: ChallengeLimit;
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
  /** What routers have told of paths; null where that is not to be followed (a capture). */
  paths: Paths | null = null;
  /** The packet that was received last: what answers it without a connection of its own brings its IP options back. */
  received: Packet | null = null;
  private readonly wakes: Wakes;
  private readonly retiring = new Batch<TcpConnection>();
  private readonly spare: SpareSockets;
  private readonly segment = settle(new Segment(), ['seq', 'ack', 'endSeq']);
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
    this.initial = new InitialNumbers(this.random, this.cookies);
    this.challenges = new ChallengeLimit(this.sysctl, this.random);
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
      (packet.linkTarget === 0 || mayBeToGroup(this, packet)) &&
      isUndamaged(this, packet, s)
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
      if (isSound(this, packet, s, c)) observeSegment(this, packet, s, c);
    }
    this.leave();
    this.trace.record(D.tcp_observed);
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

  private dispatch(packet: Packet, s: Segment): void {
    const c = this.find(packet);
    this.current = c;
    if (c === null) {
      receiveUnknown(this, packet, s);
      return;
    }
    packet.senderIsn = c.irs;
    packet.receiverIsn = c.iss;
    packet.fd = c.fd;
    if (c.followed && startsNewConnection(c, s)) {
      this.trace.record(D.tcp_port_reused, c.state);
      this.remove(c, 'replaced');
      packet.senderIsn = packet.receiverIsn = packet.fd = -1;
      receiveUnknown(this, packet, s);
      return;
    }
    this.trace.record(D.tcp_connection_found, c.state, c.fd);
    if (s.hasOptions && s.options.signed && !mayBeSigned(c) && refusesSignature(this.trace, s)) return;
    if (c.bucket) receiveInTimeWait(c, packet, s);
    else if (c.state === State.synSent) receiveInSynSent(c, packet, s);
    else if (c.state !== State.synReceived) receiveInConnection(c, packet, s);
    else if (!c.activeOpen) receiveInSynReceived(c, packet, s);
    else receiveInSimultaneousOpen(c, packet, s);
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
    tellSocket(this.trace, this.now, event, socket);
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

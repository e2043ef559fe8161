import { D } from '../../trace/catalogue.ts';
import type { Trace } from '../../trace/trace.ts';
import { NO_BYTES, putU16 } from '../../wire/bytes.ts';
import { IcmpType, TimeExceededCode } from '../../wire/icmp.ts';
import { Icmpv6Type, ParameterProblem6Code } from '../../wire/icmpv6.ts';
import { IPV4_HEADER, type Ipv4View, ipv4HeaderChecksum } from '../../wire/ipv4.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { FRAGMENT_HEADER, type Ipv6Extensions } from '../../wire/ipv6-extensions.ts';
import type { FragPolicy } from '../config.ts';
import type { HostContext } from '../context.ts';
import type { IcmpErrors } from '../icmp/icmp-errors.ts';
import type { Icmpv6Errors } from '../icmp/icmpv6-errors.ts';
import type { Peers } from '../icmp/peers.ts';
import { Packet } from '../packet.ts';
import { wheelTime } from '../time/timer-wheel.ts';
import { truesize } from '../truesize.ts';
import { FragmentQueue, HEADER_ROOM, Placed } from './fragment-queue.ts';

const SECOND = 1_000_000_000;
const MAX = 0xffff;
/** Queues kept for use again when their datagram is done. */
const POOL = 64;
/** Linux's own record of a datagram, counted against the threshold. */
const QUEUE_MEMORY = 200;
const DONT_FRAGMENT = 0x4000;
const NOT_ECT = 1;
const CE = 8;

/** IPv4's and IPv6's fragments until their datagrams are whole (RFC 791 §3.2, RFC 815, RFC 8200 §4.5; Linux ip_fragment.c, reassembly.c). */
export class Fragments {
  private readonly context: HostContext;
  private readonly trace: Trace;
  private readonly errors4: IcmpErrors;
  private readonly errors6: Icmpv6Errors;
  private readonly peers: Peers;
  private readonly policy: FragPolicy;
  private readonly queues = new Map<number, FragmentQueue>();
  private readonly pool: FragmentQueue[] = [];
  /** The queue whose datagram climbs: its buffer is in use until the next fragment. */
  private climbing: FragmentQueue | null = null;
  /** Set where connection tracking puts fragments together, also those of packets for others: says which are for this host. */
  isForUs: ((packet: Packet) => boolean) | null = null;
  /** After `receive6` gave true: the byte, counted from the IPv6 header, that says what the payload begins with. */
  namedAt = 0;
  private memory4 = 0;
  private memory6 = 0;
  /** Stands for an expired datagram's first fragment, for the ICMP error about it. */
  private readonly expired = new Packet();

  constructor(context: HostContext, errors4: IcmpErrors, errors6: Icmpv6Errors, peers: Peers) {
    this.context = context;
    this.trace = context.trace;
    this.errors4 = errors4;
    this.errors6 = errors6;
    this.peers = peers;
    this.policy = context.config.fragPolicy ?? 'linux';
  }

  /** True: the fragment completed its datagram, which the packet now is. Else it waits or was dropped, and that is recorded. */
  receive4(packet: Packet, view: Ipv4View): boolean {
    const { trace } = this;
    this.releaseClimbing();
    if (this.isCut(packet)) return false;
    const offset = view.fragmentOffset;
    const more = view.moreFragments;
    trace.record(D.frag_received, offset, packet.payloadLength, view.id);
    const queue = this.queueFor(packet, packet.protocol, view.id);
    if (queue === null) return false;
    this.checkDistance(packet, queue);
    const end = more ? packet.payloadStart + (packet.payloadLength & ~7) : packet.payloadEnd;
    if (end !== packet.payloadEnd) trace.record(D.frag_misaligned, packet.payloadLength, end - packet.payloadStart);
    if (!this.put(packet, queue, end, offset, more)) return false;
    const size = packet.networkEnd - packet.networkStart;
    if (size > queue.largest) queue.largest = size;
    if (view.dontFragment && size > queue.largestWhole) queue.largestWhole = size;
    if (offset === 0) this.keepFirst(packet, queue, packet.payloadStart, end);
    if (!queue.isComplete) return this.wait(queue);
    if (queue.headerLength + queue.length > MAX) return this.tooLong(queue);
    if (!this.agreesOnEcn(queue)) return false;
    this.complete(packet, queue);
    this.rewriteHeader4(packet, queue);
    return true;
  }

  /**
   * As `receive4`; `walk` stands behind the fragment header. On success the packet is the datagram without it, and its payload is what
   * the header named by the byte at `namedAt` describes. `isTracked`: connection tracking asks, which lets a datagram live where a
   * fragment contradicts its end.
   */
  receive6(packet: Packet, walk: Ipv6Extensions, isTracked = false): boolean {
    const { trace } = this;
    this.releaseClimbing();
    if (this.isCut(packet)) return false;
    const start = packet.networkStart;
    const offset = walk.fragmentOffset;
    const more = walk.moreFragments;
    const from = walk.fragmentAt + FRAGMENT_HEADER;
    const length = packet.networkEnd - from;
    trace.record(D.frag_received, offset, length, walk.fragmentId);
    const queue = this.queueFor(packet, 0, walk.fragmentId);
    if (queue === null) return false;
    if (offset + length > MAX) {
      trace.record(D.frag_oversize, offset + length);
      const pointer = walk.fragmentAt + 2 - start;
      this.errors6.send(packet, Icmpv6Type.parameterProblem, ParameterProblem6Code.header, pointer, D.icmpv6_parameter_problem);
      return false;
    }
    if (more && (length & 7) !== 0) {
      trace.record(D.frag_misaligned_dropped, length);
      this.errors6.send(packet, Icmpv6Type.parameterProblem, ParameterProblem6Code.header, 4, D.icmpv6_parameter_problem);
      return false;
    }
    if (from - start > HEADER_ROOM) {
      trace.record(D.frag_header_too_long, from - start);
      return false;
    }
    packet.payloadStart = from;
    if (!this.put(packet, queue, packet.networkEnd, offset, more, isTracked)) return false;
    if (offset === 0) {
      this.keepFirst(packet, queue, from, packet.networkEnd);
      queue.namedAt = walk.fragmentNamedAt - start;
    }
    if (!queue.isComplete) return this.wait(queue);
    if (queue.headerLength - IPV6_HEADER - FRAGMENT_HEADER + queue.length > MAX) return this.tooLong(queue);
    if (!this.agreesOnEcn(queue)) return false;
    this.complete(packet, queue);
    this.rewriteHeader6(packet, queue);
    return true;
  }

  /** Connection tracking has met a fragment that no datagram can have: what came of the datagram is lost. */
  forget6(packet: Packet, id: number): void {
    const queue = this.find(this.queues.get(hashOf(packet, id)) ?? null, packet, 0, id);
    if (queue !== null) this.kill(queue);
  }

  expire(queue: FragmentQueue, _now: number): void {
    const { trace } = this;
    this.unlink(queue);
    trace.record(D.frag_timeout, queue.count, queue.cover.total, queue.id);
    if (queue.hasFirst) {
      const packet = this.expired;
      packet.reset();
      this.describe(packet, queue, queue.firstLength);
      // A router tells nobody of fragments that were never its own to put together.
      if (queue.family === 4 && this.isForUs?.(packet) === false) this.trace.record(D.ip_fragments_of_others);
      else if (queue.family === 4) {
        this.errors4.send(packet, IcmpType.timeExceeded, TimeExceededCode.reassembly, 0, D.icmp_reassembly_timeout);
      } else {
        this.errors6.send(packet, Icmpv6Type.timeExceeded, TimeExceededCode.reassembly, 0, D.icmpv6_reassembly_timeout);
      }
    }
    // The ICMP error quotes the buffer until the next activity.
    this.releaseClimbing();
    this.climbing = queue;
  }

  private isCut(packet: Packet): boolean {
    if (packet.payloadLength <= packet.payloadEnd - packet.payloadStart) return false;
    this.trace.record(D.frag_not_captured, packet.payloadEnd - packet.payloadStart, packet.payloadLength);
    return true;
  }

  private queueFor(packet: Packet, protocol: number, id: number): FragmentQueue | null {
    const { sysctl } = this.context.config;
    const is4 = packet.family === 4;
    const limit = is4 ? sysctl['ipv4.ipfrag_high_thresh'] : sysctl['ipv6.ip6frag_high_thresh'];
    const memory = is4 ? this.memory4 : this.memory6;
    if (limit === 0 || memory > limit) {
      this.trace.record(D.frag_no_memory, memory, limit);
      return null;
    }
    const hash = hashOf(packet, id);
    const first = this.queues.get(hash) ?? null;
    const known = this.find(first, packet, protocol, id);
    if (known !== null) return known;
    const queue = this.pool.pop() ?? new FragmentQueue(this);
    queue.clear();
    queue.family = packet.family;
    queue.protocol = protocol;
    queue.id = id;
    queue.src0 = packet.src0;
    queue.src1 = packet.src1;
    queue.src2 = packet.src2;
    queue.src3 = packet.src3;
    queue.dst0 = packet.dst0;
    queue.dst1 = packet.dst1;
    queue.dst2 = packet.dst2;
    queue.dst3 = packet.dst3;
    queue.hash = hash;
    queue.next = first;
    this.queues.set(hash, queue);
    this.charge(queue, QUEUE_MEMORY);
    const time6 = this.isForUs === null ? sysctl['ipv6.ip6frag_time'] : sysctl['netfilter.nf_conntrack_frag6_timeout'];
    const time = is4 ? sysctl['ipv4.ipfrag_time'] : time6;
    this.context.timers.arm(queue, wheelTime(this.context.now, time * SECOND));
    return queue;
  }

  private find(first: FragmentQueue | null, packet: Packet, protocol: number, id: number): FragmentQueue | null {
    for (let queue = first; queue !== null; queue = queue.next) {
      if (queue.id === id && queue.protocol === protocol && isBetween(queue, packet)) return queue;
    }
    return null;
  }

  /** ipfrag_max_dist: so many fragments of other datagrams from the same sender in between, and the id has probably been used again. */
  private checkDistance(packet: Packet, queue: FragmentQueue): void {
    const { sysctl } = this.context.config;
    const limit = sysctl['ipv4.ipfrag_max_dist'];
    if (limit === 0) return;
    const peer = this.peers.find(0, 0, 0, packet.src3);
    const before = queue.distance;
    queue.distance = ++peer.fragments;
    if (queue.count === 0 || queue.distance - before <= limit) return;
    this.trace.record(D.frag_too_far, queue.count, queue.distance - before);
    this.charge(queue, QUEUE_MEMORY - queue.memory);
    queue.clear();
    queue.memory = QUEUE_MEMORY;
    this.context.timers.arm(queue, wheelTime(this.context.now, sysctl['ipv4.ipfrag_time'] * SECOND));
  }

  /** False: dropped, with its datagram where the rule says so. */
  private put(packet: Packet, queue: FragmentQueue, end: number, offset: number, more: boolean, forgives = false): boolean {
    const { trace } = this;
    const placed = queue.place(packet.bytes, packet.payloadStart, end, offset, more, this.policy);
    switch (placed) {
      case Placed.added:
        queue.ecn |= 1 << (packet.tos & 3);
        queue.frameLengths.push(packet.frame.wireLength);
        this.charge(queue, truesize(packet.frame.wireLength));
        return true;
      case Placed.duplicate:
        trace.record(D.frag_duplicate, offset, end - packet.payloadStart);
        return false;
      case Placed.overlap:
        trace.record(D.frag_overlap, offset, end - packet.payloadStart, queue.count);
        break;
      case Placed.endConflict:
        trace.record(D.frag_end_conflict, offset + end - packet.payloadStart, queue.length, queue.count);
        break;
      default:
        trace.record(D.frag_empty, queue.count);
    }
    if (!forgives || placed === Placed.overlap) this.kill(queue);
    return false;
  }

  private keepFirst(packet: Packet, queue: FragmentQueue, dataStart: number, dataEnd: number): void {
    queue.keepHeader(packet.bytes, packet.networkStart, dataStart, dataEnd - dataStart);
    queue.linkTarget = packet.linkTarget;
    queue.ipTarget = packet.ipTarget;
    queue.tos = packet.tos;
    queue.ttl = packet.ttl;
    if (packet.family === 6) return;
    if (packet.replyOptions.length > 0) queue.replyOptions = packet.replyOptions.slice();
    queue.replyOptionsFail = packet.replyOptionsFail;
    queue.bytes.set(packet.changedOptions, HEADER_ROOM - queue.headerLength + IPV4_HEADER);
  }

  private wait(queue: FragmentQueue): boolean {
    this.trace.record(D.frag_waiting, queue.count, queue.cover.total, queue.hasLast ? queue.length : 0);
    return false;
  }

  private tooLong(queue: FragmentQueue): boolean {
    this.trace.record(D.frag_oversize, queue.headerLength + queue.length);
    this.kill(queue);
    return false;
  }

  /** Not-ECT among marked fragments: somebody has meddled (RFC 3168 §5.3). */
  private agreesOnEcn(queue: FragmentQueue): boolean {
    if ((queue.ecn & NOT_ECT) === 0 || queue.ecn === NOT_ECT) return true;
    this.trace.record(D.frag_ecn_mixed, queue.ecn);
    this.kill(queue);
    return false;
  }

  private complete(packet: Packet, queue: FragmentQueue): void {
    this.trace.record(D.frag_complete, queue.count, queue.length);
    this.unlink(queue);
    this.context.timers.cancel(queue);
    this.climbing = queue;
    this.describe(packet, queue, queue.length);
    if ((queue.ecn & CE) !== 0) packet.tos |= 3;
    packet.reassembled = true;
    packet.fragmentStarts = queue.starts;
    packet.memory = queue.datagramMemory();
  }

  /** Makes the packet one in the queue's buffer, with `length` bytes of data behind its header. */
  private describe(packet: Packet, queue: FragmentQueue, length: number): void {
    packet.bytes = queue.bytes;
    packet.networkStart = HEADER_ROOM - queue.headerLength;
    packet.payloadStart = HEADER_ROOM;
    packet.payloadLength = length;
    packet.payloadEnd = HEADER_ROOM + length;
    packet.networkEnd = packet.payloadEnd;
    packet.family = queue.family;
    packet.src0 = queue.src0;
    packet.src1 = queue.src1;
    packet.src2 = queue.src2;
    packet.src3 = queue.src3;
    packet.dst0 = queue.dst0;
    packet.dst1 = queue.dst1;
    packet.dst2 = queue.dst2;
    packet.dst3 = queue.dst3;
    packet.linkTarget = queue.linkTarget;
    packet.ipTarget = queue.ipTarget;
    packet.tos = queue.tos;
    packet.ttl = queue.ttl;
    packet.replyOptions = queue.replyOptions;
    packet.replyOptionsFail = queue.replyOptionsFail;
    packet.changedOptions = NO_BYTES;
  }

  /** The header of the whole datagram, as an ICMP error about it would quote it. */
  private rewriteHeader4(packet: Packet, queue: FragmentQueue): void {
    const { bytes } = queue;
    const start = packet.networkStart;
    packet.optionsStart = start + 20;
    packet.optionsEnd = packet.payloadStart;
    bytes[start + 1] = packet.tos;
    putU16(bytes, start + 2, queue.headerLength + queue.length);
    // What was forbidden to the largest fragment is forbidden to the datagram.
    putU16(bytes, start + 6, queue.largestWhole === queue.largest ? DONT_FRAGMENT : 0);
    packet.largestFragment = queue.largest;
    putU16(bytes, start + 10, ipv4HeaderChecksum(bytes, start, packet.payloadStart));
  }

  /** Takes the fragment header out. */
  private rewriteHeader6(packet: Packet, queue: FragmentQueue): void {
    const { bytes } = queue;
    const start = packet.networkStart + FRAGMENT_HEADER;
    bytes[packet.networkStart + queue.namedAt] = bytes[HEADER_ROOM - FRAGMENT_HEADER]!;
    bytes.copyWithin(start, packet.networkStart, HEADER_ROOM - FRAGMENT_HEADER);
    putU16(bytes, start + 4, HEADER_ROOM - start - IPV6_HEADER + queue.length);
    packet.networkStart = start;
    this.namedAt = queue.namedAt;
  }

  private charge(queue: FragmentQueue, bytes: number): void {
    queue.memory += bytes;
    if (queue.family === 4) this.memory4 += bytes;
    else this.memory6 += bytes;
  }

  private kill(queue: FragmentQueue): void {
    this.unlink(queue);
    this.context.timers.cancel(queue);
    this.recycle(queue);
  }

  private unlink(queue: FragmentQueue): void {
    this.charge(queue, -queue.memory);
    let at = this.queues.get(queue.hash) ?? null;
    if (at === queue) {
      if (queue.next === null) this.queues.delete(queue.hash);
      else this.queues.set(queue.hash, queue.next);
    } else {
      while (at !== null && at.next !== queue) at = at.next;
      if (at !== null) at.next = queue.next;
    }
    queue.next = null;
  }

  private releaseClimbing(): void {
    if (this.climbing !== null) this.recycle(this.climbing);
    this.climbing = null;
  }

  private recycle(queue: FragmentQueue): void {
    if (this.pool.length < POOL) this.pool.push(queue);
  }
}

function hashOf(packet: Packet, id: number): number {
  return (packet.src0 ^ packet.src1 ^ packet.src2 ^ packet.src3 ^ packet.dst3 ^ Math.imul(id, 0x9e37_79b1)) >>> 0;
}

function isBetween(queue: FragmentQueue, packet: Packet): boolean {
  return (
    queue.src3 === packet.src3 &&
    queue.dst3 === packet.dst3 &&
    queue.family === packet.family &&
    queue.src2 === packet.src2 &&
    queue.src1 === packet.src1 &&
    queue.src0 === packet.src0 &&
    queue.dst2 === packet.dst2 &&
    queue.dst1 === packet.dst1 &&
    queue.dst0 === packet.dst0
  );
}

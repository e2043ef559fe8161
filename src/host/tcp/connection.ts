import { relative } from '../../trace/relative.ts';
import { type Ending, type Sink, Socket, State } from '../sockets.ts';
import { abortConnection, closeConnection, shutdownConnection } from './close.ts';
import { MSS_DEFAULT, RTO_INITIAL, WINDOW_MAX } from './constants.ts';
import type { TcpListener } from './listener.ts';
import type { ObservedStream } from './observed-stream.ts';
import type { ReassemblyQueue } from './reassembly.ts';
import { readStream } from './receive.ts';
import { ReceiveQueue } from './receive-queue.ts';
import { writeStream } from './send.ts';
import { SendQueue } from './send-queue.ts';
import type { SynText } from './syn-text.ts';
import type { Tcp } from './tcp.ts';
import type { Known } from './time-wait-socket.ts';
import { ConnectionAlarm, TimerKind } from './timers.ts';
import type { Untaken } from './untaken.ts';

/** Stands for no SACK block; never written to. */
export const NO_BLOCKS: Float64Array = new Float64Array(8);

/** Fields of a followed connection that hold sequence numbers, time stamps, times or an address: see `settle`. */
export const WIDE = [
  'local3',
  'peer3',
  'openedAt',
  'closedAt',
  'iss',
  'irs',
  'synAckSentAt',
  'synAckTsFirst',
  'synAckTsLast',
  'rcvNxt',
  'rcvWup',
  'copiedSeq',
  'followedEdge',
  'followedAck',
  'spaceSeq',
  'spaceTime',
  'rcvRtt',
  'rcvRttSeq',
  'rcvRttTime',
  'rcvRttTsEcr',
  'tsRecent',
  'tsRecentAt',
  'tsOffset',
  'lastTsEcr',
  'rcvTsVal',
  'rcvTsEcr',
  'ato',
  'lastReceivedAt',
  'sndUna',
  'sndNxt',
  'sndWl1',
  'writeSeq',
  'pushedSeq',
  'sndSml',
  'bytesAcked',
  'lastSentAt',
  'ackedAt',
  'cwndStamp',
  'cwndUsageSeq',
  'highSeq',
  'srtt',
  'rttvar',
  'mdev',
  'mdevMax',
  'rttSeq',
  'rto',
  'minRtt',
  'minRttAt',
  'observedFinSeq',
  'gapAck',
  'gapAt',
  'lastHeardAt',
  'lastLimitedAckAt',
  'dsackLeft',
  'dsackRight',
] as const satisfies readonly (keyof TcpConnection)[];

/** Phases of loss recovery (RFC 5681, RFC 6582, RFC 6675; the names are Linux's). */
export const Phase = { open: 0, disorder: 1, cwr: 2, recovery: 3, loss: 4 } as const;

/** What the delayed-ACK machine has to remember, as bits. */
export const AckDue = { scheduled: 1, timer: 2, pushed: 4, pushed2: 8, now: 16, noMemory: 32 } as const;

/** Where the urgent byte is: none; announced and not yet there; there, in `urgentByte`; or urgent data that stays in the stream. */
export const Urgent = { none: 0, awaited: 1, valid: 2, inStream: 3 } as const;

/**
 * One connection: the listening socket's copy with the peer's parameters, from the SYN on. Fields are named as in RFC 9293 §3.3.1
 * where it names them; sequence numbers are absolute, unsigned 32 bits; times are nanoseconds.
 */
export class TcpConnection extends Socket {
  readonly protocol = 'tcp';
  readonly tcp: Tcp;
  listener: TcpListener | null;
  /** Place in the connection table; -1: not in it. */
  slot = -1;

  // Handshake.
  /** Initial numbers; -1 where the capture did not show them. */
  iss = -1;
  irs = -1;
  /** The SYN was answered with a cookie: nothing was kept of it. */
  fromCookie = false;
  synAckTimeouts = 0;
  synAckSentAt = 0;
  synAckRetransmitted = false;
  /** The final ACK came while the accept queue was full. */
  ackedEarly = false;
  /** First and last TSval that our SYN-ACKs carried. */
  synAckTsFirst = 0;
  synAckTsLast = 0;
  /** A bare SYN was seen again: the followed server has not answered it. */
  inSynQueue = false;
  inAcceptQueue = false;
  /** What the SYN carried besides itself, where it is kept. */
  synText: SynText | null = null;
  /** IPv4 options of the SYN that the SYN-ACK must carry back (record route, timestamp). */
  ipOptions: Uint8Array | null = null;

  // What was agreed.
  /** Shift of the windows that we receive; -1: not known (adopted). */
  sndWscale = 0;
  rcvWscale = 0;
  wscaleOk = false;
  sackOk = false;
  tsOk = false;
  ecnOk = false;
  /** MSS option of the peer, bounded; ours as we told it. */
  mssClamp = MSS_DEFAULT;
  advMss = MSS_DEFAULT;

  // Receiving half.
  rcvNxt = 0;
  rcvWnd = 0;
  /** rcvNxt when the window was last told. */
  rcvWup = 0;
  /** Next byte for the program. */
  copiedSeq = 0;
  /** Right edge a followed server has told; the greater of it and ours counts. */
  followedEdge = 0;
  hasFollowedEdge = false;
  /** Last number that a followed server acknowledged; -1: none was seen. */
  followedAck = -1;
  rcvbuf = 131072;
  rcvbufLocked = false;
  /** Bytes of memory reserved for both directions, in whole pages. */
  reserved = 0;
  windowClamp = WINDOW_MAX;
  rcvSsthresh = 0;
  /** Payload share of receive memory, of 256. */
  scalingRatio = 128;
  /** Largest segment the peer seems to send. */
  rcvMss = MSS_DEFAULT;
  lastSegmentSize = 0;
  /** Automatic growth of the buffer: bytes the program reads in a round trip. */
  spaceBytes = 0;
  spaceSeq = 0;
  spaceTime = 0;
  rcvRtt = 0;
  rcvRttSeq = 0;
  rcvRttTime = 0;
  rcvRttTsEcr = 0;
  readonly receiveQueue = new ReceiveQueue();
  reassembly: ReassemblyQueue | null = null;
  /** Nothing more is taken from the peer: it closed, or the program did. */
  rcvShutdown = false;
  finReceived = false;
  eofRead = false;
  urgent: number = Urgent.none;
  urgentSeq = 0;

  // SACK blocks to report, newest first: left and right edges.
  sackBlocks = NO_BLOCKS;
  sackBlockCount = 0;
  dsack = false;
  dsackLeft = 0;
  dsackRight = 0;

  // Timestamps.
  tsRecent = 0;
  /** -1: none yet. */
  tsRecentAt = -1;
  tsOffset = 0;
  lastTsEcr = 0;
  rcvTsVal = 0;
  rcvTsEcr = 0;
  sawTimestamps = false;
  /** The next segment may be a predicted one (see `isPredicted`). */
  predicts = false;

  // ACK machine.
  ackDue = 0;
  quickAcks = 0;
  pingpong = 0;
  /** 0: before the first data. */
  ato = 0;
  lastReceivedAt = 0;
  /** Tick in which the delayed ACK is due. */
  delackTick = 0;
  compressedAcks = 0;
  compressedRcvNxt = -1;
  dupAckCounter = 0;
  /** -1: no limited ACK was sent yet. */
  lastLimitedAckAt = -1;

  // ECN (RFC 3168).
  demandCwr = false;
  queueCwr = false;
  ecnSeen = false;
  /** The last segment went out as ECN-capable. */
  ectSent = false;

  // Sending half.
  sndUna = 0;
  sndNxt = 0;
  sndWnd = 0;
  sndWl1 = 0;
  maxWindow = 0;
  /** End of what the program has written. */
  writeSeq = 0;
  pushedSeq = 0;
  /** End of the last small segment (Nagle, Minshall's version). */
  sndSml = 0;
  bytesAcked = 0;
  mss = MSS_DEFAULT;
  pmtu = 1500;
  /** The path MTU is below what is believed: segments may be fragmented. */
  pmtuLocked = false;
  noDelay = false;
  sndbuf = 16384;
  sndbufLocked = false;
  wantWritable = false;
  /** The send buffer was found full: it may grow. */
  noSpace = false;
  sndShutdown = false;
  finSent = false;
  readonly sendQueue: SendQueue;
  lastSentAt = 0;
  /** Bytes a second at which Linux would pace; the size of bursts follows from it. */
  pacingRate = Number.POSITIVE_INFINITY;
  wstamp = 0;
  ackedAt = 0;

  // Congestion control (RFC 5681) and loss recovery.
  cwnd = 10;
  cwndCount = 0;
  ssthresh = 0x7fffffff;
  phase: number = Phase.open;
  cwndUsed = 0;
  cwndStamp = 0;
  cwndLimited = false;
  cwndUsageSeq = 0;
  maxPacketsOut = 0;
  packetsOut = 0;
  sackedOut = 0;
  lostOut = 0;
  retransOut = 0;
  reordering = 3;
  reordSeen = 0;
  highSeq = 0;
  undoMarker = 0;
  undoRetrans = 0;
  priorSsthresh = 0;
  priorCwnd = 0;
  prrDelivered = 0;
  prrOut = 0;
  delivered = 0;
  lost = 0;
  totalRetrans = 0;
  /** Segments that the peer has reported as duplicates. */
  dsackDups = 0;
  frto = false;
  highestSack = 0;
  hasHighestSack = false;
  lossProbeSeq = 0;
  lossProbePending = false;
  lossProbeRetrans = false;
  sackBlocksSeen = false;
  /** TSval of the first retransmission of an episode, 0: none; and when it left. */
  retransStamp = 0;
  retransStartAt = 0;
  rackTime = 0;
  rackEndSeq = 0;
  rackRtt = 0;
  rackAdvanced = false;
  rackDsackSeen = false;
  rackReoSteps = 1;
  rackReoPersist = 0;
  rackLastDelivered = 0;
  /** When the segment left that was sent last of those known to have arrived. */
  deliveredAt = 0;

  // Round-trip time (RFC 6298).
  srtt = 0;
  rttvar = 0;
  mdev = 0;
  mdevMax = 0;
  rttSeq = 0;
  rto = RTO_INITIAL;
  minRtt = Number.POSITIVE_INFINITY;
  minRttAt = 0;
  backoff = 0;
  retransmits = 0;
  probesOut = 0;
  keepalive = false;
  keepaliveIdle = 0;
  keepaliveInterval = 0;
  keepaliveProbes = 0;
  softError = false;

  // Life.
  /** A connection of a capture: the captured server's half is followed, not played. */
  followed = false;
  /** The program has closed its descriptor. */
  orphan = false;
  /** TIME_WAIT and orphaned FIN_WAIT2 keep no more than numbers. */
  bucket = false;
  bucketWnd = 0;
  nextIpId = 0;
  observed: ObservedStream | null = null;
  /** The followed server's SYN-ACK was seen. */
  observedSynAck = false;
  /** The SYN carried a signature: the captured server has a key. */
  signed = false;
  /** What of the client's data this host would not take; null: nothing. */
  untaken: Untaken | null = null;
  observedFin = false;
  observedFinSeq = 0;
  /** The captured host opened this connection itself. */
  activeOpen = false;
  clientWscale = -1;
  /** The server acknowledged up to here what was not seen yet, and since when; -1: no such gap. */
  gapAck = 0;
  gapAt = -1;
  lastHeardAt = 0;

  readonly retransmitAlarm: ConnectionAlarm;
  readonly delackAlarm: ConnectionAlarm;
  lifeAlarm: ConnectionAlarm;

  constructor(tcp: Tcp, listener: TcpListener | null) {
    super();
    this.tcp = tcp;
    this.listener = listener;
    // A followed connection sends nothing of its own.
    this.sendQueue = tcp.followed ? tcp.noQueue : new SendQueue();
    this.retransmitAlarm = tcp.followed ? tcp.noAlarm : new ConnectionAlarm(this, TimerKind.retransmit);
    this.delackAlarm = tcp.followed ? tcp.noAlarm : new ConnectionAlarm(this, TimerKind.delayedAck);
    this.lifeAlarm = new ConnectionAlarm(this, TimerKind.life);
  }

  override get peerIsn(): number {
    return this.irs;
  }

  get recvQ(): number {
    return this.receiveQueue.length;
  }

  get sendQ(): number {
    if (this.state === State.closed || this.bucket || (this.state === State.synReceived && !this.activeOpen)) return 0;
    return ((this.followed ? this.sndNxt : this.writeSeq) - this.sndUna) >>> 0;
  }

  get eof(): boolean {
    return this.finReceived && this.receiveQueue.length === 0;
  }

  read(sink: Sink): number {
    return readStream(this, Number.MAX_SAFE_INTEGER, sink);
  }

  /** Reads at most `limit` bytes. */
  readSome(limit: number, sink: Sink): number {
    return readStream(this, limit, sink);
  }

  write(bytes: Uint8Array, start: number, end: number): number {
    return writeStream(this, bytes, start, end);
  }

  shutdown(): void {
    shutdownConnection(this);
  }

  close(): void {
    closeConnection(this);
  }

  /** Closes with a reset, as SO_LINGER with time 0 does. */
  abort(): void {
    abortConnection(this);
  }

  /** Told once, when the socket leaves the table. */
  onEnd(how: Ending): void {
    this.tcp.ended(this, how);
  }
}

/** Number relative to the peer's ISN, absolute where that is not known. */
export function fromIrs(c: Known, seq: number): number {
  return relative(seq, c.irs);
}

/** Number relative to our ISN, absolute where that is not known. */
export function fromIss(c: TcpConnection, seq: number): number {
  return relative(seq, c.iss);
}

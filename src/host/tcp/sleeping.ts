import type { Descriptors, Program } from '../sockets.ts';
import type { SpareSockets } from './spare.ts';
import type { TimeWaitSocket } from './time-wait-socket.ts';
import type { ConnectionAlarm } from './timers.ts';

/** Sockets that stay awake after they were of use: the last segments of a connection come in one go. A power of two. */
const DROWSY = 64;

// A socket's numbers in its row, those first that a segment of its tuple is judged by.
const FAMILY = 0;
const FD = 1;
const ISS = 2;
const IRS = 3;
const RCV_NXT = 4;
const SND_NXT = 5;
const LOCAL3 = 6;
const PEER3 = 7;
const LOCAL_PORT = 8;
const PEER_PORT = 9;
const OPENED_AT = 10;
const REQUESTS = 11;
const CLOSED_BY = 12;
const ADOPTED = 13;
const WINDOW = 14;
const WSCALE = 15;
const TS_OK = 16;
const TS_OFFSET = 17;
const TS_RECENT = 18;
const TS_RECENT_AT = 19;
const LIMITED_ACK_AT = 20;
const LOCAL0 = 21;
const PEER0 = 24;
const WIDTH = 32;

const CLOSERS = ['', 'client', 'server'] as const;

/**
 * Sockets of a capture in TIME_WAIT that no segment has come for in a while, of which there may be very many: rows of numbers by their slot
 * in the table, where objects would be looked through by the engine again and again and lie all over the memory. One that is asked for, or
 * whose time is over, is an object again.
 */
export class SleepingSockets {
  private readonly spare: SpareSockets;
  private readonly descriptors: Descriptors;
  private values = new Float64Array(WIDTH * 64);
  private readonly alarms: (ConnectionAlarm | null)[] = [];
  private readonly drowsy: (TimeWaitSocket | null)[] = new Array<TimeWaitSocket | null>(DROWSY).fill(null);
  private turn = 0;
  /** Of all that sleep. */
  private program: Program | null = null;

  constructor(spare: SpareSockets, descriptors: Descriptors) {
    this.spare = spare;
    this.descriptors = descriptors;
  }

  /** The socket is of use now. Gives the one that was so long ago, if it may sleep. */
  used(c: TimeWaitSocket): TimeWaitSocket | null {
    const { turn } = this;
    const last = this.drowsy[turn]!;
    this.drowsy[turn] = c;
    this.turn = (turn + 1) & (DROWSY - 1);
    return last !== null && last !== c && this.maySleep(last) ? last : null;
  }

  has(slot: number): boolean {
    return slot * WIDTH < this.values.length && this.values[slot * WIDTH + FAMILY] !== 0;
  }

  /** Keeps the socket's numbers; the object serves others from now on. */
  put(c: TimeWaitSocket): void {
    const { slot, lifeAlarm } = c;
    const row = slot * WIDTH;
    if (row >= this.values.length) this.grow(row);
    const { values } = this;
    values[row + FAMILY] = c.family;
    values[row + FD] = c.fd;
    values[row + ISS] = c.iss;
    values[row + IRS] = c.irs;
    values[row + RCV_NXT] = c.rcvNxt;
    values[row + SND_NXT] = c.sndNxt;
    values[row + LOCAL0] = c.local0;
    values[row + LOCAL0 + 1] = c.local1;
    values[row + LOCAL0 + 2] = c.local2;
    values[row + LOCAL3] = c.local3;
    values[row + PEER0] = c.peer0;
    values[row + PEER0 + 1] = c.peer1;
    values[row + PEER0 + 2] = c.peer2;
    values[row + PEER3] = c.peer3;
    values[row + LOCAL_PORT] = c.localPort;
    values[row + PEER_PORT] = c.peerPort;
    values[row + OPENED_AT] = c.openedAt;
    values[row + REQUESTS] = c.requests;
    values[row + CLOSED_BY] = CLOSERS.indexOf(c.closedBy);
    values[row + ADOPTED] = c.adopted ? 1 : 0;
    values[row + WINDOW] = c.bucketWnd;
    values[row + WSCALE] = c.rcvWscale;
    values[row + TS_OK] = c.tsOk ? 1 : 0;
    values[row + TS_OFFSET] = c.tsOffset;
    values[row + TS_RECENT] = c.tsRecent;
    values[row + TS_RECENT_AT] = c.tsRecentAt;
    values[row + LIMITED_ACK_AT] = c.lastLimitedAckAt;
    this.alarms[slot] = lifeAlarm;
    lifeAlarm.connection = null;
    lifeAlarm.sleeper = slot;
    c.lifeAlarm = c.tcp.noAlarm;
    c.slot = -1;
    this.descriptors.pass(c, null);
    this.spare.keepObject(c);
  }

  /** The socket that sleeps in the slot, as it was. */
  wake(slot: number): TimeWaitSocket {
    const c = this.spare.timeWaitSocket();
    const { values } = this;
    const row = slot * WIDTH;
    c.family = values[row + FAMILY]!;
    values[row + FAMILY] = 0;
    c.rest(this.program);
    c.slot = slot;
    c.fd = values[row + FD]!;
    c.iss = values[row + ISS]!;
    c.irs = values[row + IRS]!;
    c.rcvNxt = values[row + RCV_NXT]!;
    c.sndNxt = values[row + SND_NXT]!;
    c.local0 = values[row + LOCAL0]!;
    c.local1 = values[row + LOCAL0 + 1]!;
    c.local2 = values[row + LOCAL0 + 2]!;
    c.local3 = values[row + LOCAL3]!;
    c.peer0 = values[row + PEER0]!;
    c.peer1 = values[row + PEER0 + 1]!;
    c.peer2 = values[row + PEER0 + 2]!;
    c.peer3 = values[row + PEER3]!;
    c.localPort = values[row + LOCAL_PORT]!;
    c.peerPort = values[row + PEER_PORT]!;
    c.openedAt = values[row + OPENED_AT]!;
    c.requests = values[row + REQUESTS]!;
    c.closedBy = CLOSERS[values[row + CLOSED_BY]!]!;
    c.adopted = values[row + ADOPTED] === 1;
    c.bucketWnd = values[row + WINDOW]!;
    c.rcvWscale = values[row + WSCALE]!;
    c.tsOk = values[row + TS_OK] === 1;
    c.tsOffset = values[row + TS_OFFSET]!;
    c.tsRecent = values[row + TS_RECENT]!;
    c.tsRecentAt = values[row + TS_RECENT_AT]!;
    c.lastLimitedAckAt = values[row + LIMITED_ACK_AT]!;
    const alarm = this.alarms[slot]!;
    this.alarms[slot] = null;
    alarm.connection = c;
    alarm.sleeper = -1;
    c.lifeAlarm = alarm;
    this.descriptors.restore(c);
    return c;
  }

  /** Nobody has a record beside it: nothing but its numbers would be lost. */
  private maySleep(c: TimeWaitSocket): boolean {
    if (c.slot < 0 || !c.followed || c.companion !== null || c === c.tcp.current) return false;
    this.program ??= c.program;
    return c.program === this.program;
  }

  private grow(row: number): void {
    const values = new Float64Array(Math.max(row + WIDTH, this.values.length * 2));
    values.set(this.values);
    this.values = values;
  }
}

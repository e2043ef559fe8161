import type { Trace } from '../trace/trace.ts';
import type { HostConfig, ListenerConfig } from './config.ts';
import type { Random } from './random.ts';
import type { Clock, Descriptors, Ending, Program, Socket } from './sockets.ts';
import type { Timers } from './time/timers.ts';

/** What every layer of one host shares. */
export interface HostContext {
  readonly config: HostConfig;
  readonly trace: Trace;
  readonly timers: Timers;
  readonly random: Random;
  readonly descriptors: Descriptors;
  /** Nanoseconds, as in Frame.time: the time of the activity under way. */
  now: number;
  /** Hop limit of IPv6 packets that the host sends: net.ipv6.conf.hop_limit, until a router advertises another. */
  hopLimit6: number;
  /** What programs have of virtual time. */
  readonly clock: Clock;
  /** The program behind a listener. */
  readonly programFor: (listener: ListenerConfig) => Program;
  /** Told when a socket leaves the table, before its object may be used again: for the socket table of reports. */
  onEnded: ((socket: Socket, how: Ending) => void) | null;
}

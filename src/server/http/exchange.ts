/** How a connection came to its module: one pre-started, one started for it, one started earlier, or the waiting module itself. */
export type HandOver = 'prestarted' | 'started' | 'reused' | 'waiting';

/** The connection that exchanges ran over, as it was while its socket lived. Addresses as in Facts. */
export class ConnectionRecord {
  fd = -1;
  family = 4;
  client0 = 0;
  client1 = 0;
  client2 = 0;
  client3 = 0;
  clientPort = 0;
  server0 = 0;
  server1 = 0;
  server2 = 0;
  server3 = 0;
  serverPort = 0;
  /** Number of the client's SYN, which tells one connection from the next on the same ports; -1: not known. */
  clientIsn = -1;
  /** Its beginning was not captured. */
  adopted = false;
  /** Communication module that serves it, and whether it was there before it was needed; 0: the waiting module; -1 for a captured server. */
  module = -1;
  preStarted = false;
  handOver: HandOver | '' = '';
  /** Nanoseconds: when the module took it, and when it was done; -1 not yet. */
  takenAt = -1;
  leftAt = -1;
  /** Who closed first; empty while it lives. */
  closedBy: '' | 'client' | 'server' = '';
  /** How it ended; empty while it lives. */
  ending = '';
}

/** One request and what was answered. Times in nanoseconds as in Frame.time and numbers of frames; -1 and 0 where there is none. */
export class Exchange {
  readonly connection: ConnectionRecord;
  /** The exchange that waits behind this one on the same connection. */
  next: Exchange | null = null;
  /** Empty where the request was not seen or could not be read. */
  method = '';
  target = '';
  version = '';
  host = '';
  /** When the request's head was complete, read or not; of one that never was, its last byte. */
  requestTime = -1;
  requestFrame = 0;
  requestBytes = 0;
  /** All of the request was there. */
  requestWhole = false;
  /** It was answered before it was whole: what it says is enough to refuse it. */
  requestRefused = false;
  /** The request breaks HTTP's rules, or its end was not captured. */
  requestBad = false;
  requestCut = false;
  /** 0: no response. */
  status = 0;
  reason = '';
  responseVersion = '';
  contentType = '';
  /** Responses with a status below 200 before the final one. */
  interim = 0;
  /** When the first and last byte of the response left the host. */
  firstTime = -1;
  firstFrame = 0;
  lastTime = -1;
  lastFrame = 0;
  responseBytes = 0;
  /** The response ended before its length said so, or its end is not known. */
  responseIncomplete = false;
  /** Number of the decision that its status comes from; -1: another server's, or not known. */
  why = -1;
  /** What went wrong in the program that should have answered; empty: nothing. */
  error = '';
  /** Both directions became another protocol. */
  tunnel = false;
  /** The response came without a request that was seen. */
  unsolicited = false;
  /** The connection or the trace ended, or bytes were missing, where the response should have been. */
  noResponse = false;

  constructor(connection: ConnectionRecord) {
    this.connection = connection;
  }
}

import { ADDRESS, DESTINATION, MAC } from '../kinds/addresses.ts';
import { LINK_TYPE } from '../kinds/frame.ts';
import { FLAG, integer, oneOf } from '../kinds/kind.ts';
import { CLIENT, CONNECTION, NEW_NAME } from '../kinds/names.ts';
import { COUNT, DECIMAL, PORT, PROBABILITY, SIZE, U8 } from '../kinds/numbers.ts';
import { FILE, HEADER, METHOD, PAYLOAD, TARGET_TEXT } from '../kinds/text.ts';
import { DURATION } from '../kinds/times.ts';
import type { Field, Shape } from './shape.ts';

const WHO: Field = { key: 'client', kind: CLIENT };
const WHICH: Field = { key: 'connection', kind: CONNECTION };

const CLIENT_SHAPE: Shape = {
  type: 'client',
  about: 'another station on the link, or one behind a router',
  verbs: [{ words: 'client' }],
  items: [{ key: 'name', kind: NEW_NAME }],
  fields: [
    { key: 'mac', words: 'mac', aliases: ['lladdr'], kind: MAC },
    { key: 'ip', words: 'ip', aliases: ['addr', 'address'], kind: ADDRESS, needed: true, like: 'ip 10.0.0.10' },
    { key: 'ttl', words: 'ttl', aliases: ['hop_limit'], kind: U8 },
    { key: 'mss', words: 'mss', kind: integer('mss', 'an MSS', 1, 65_535) },
    { key: 'wscale', words: 'wscale', kind: integer('wscale', 'a window scale', 0, 14) },
    { key: 'window', words: 'window', kind: SIZE },
    { key: 'noSack', words: 'no sack', aliases: ['nosack'], kind: FLAG },
    { key: 'timestamps', words: 'timestamps', kind: FLAG },
    { key: 'rtt', words: 'rtt', kind: DURATION },
  ],
};

const CONNECT: Shape = {
  type: 'connect',
  about: 'opens a connection that then lives like a real one',
  subject: WHO,
  verbs: [{ words: 'connect tcp', aliases: ['connect'] }],
  items: [{ key: 'to', kind: DESTINATION }],
  fields: [
    { key: 'from', words: 'from', aliases: ['from port'], kind: PORT },
    { key: 'as', words: 'as', kind: NEW_NAME },
  ],
};

const SEND: Shape = {
  type: 'send',
  about: 'sends data on a connection',
  subject: WHICH,
  verbs: [{ words: 'send' }],
  items: [],
  fields: [{ key: 'data', words: 'data', kind: PAYLOAD, bare: true, needed: true, like: '"text"' }],
};

const REQUEST: Shape = {
  type: 'request',
  about: 'sends a whole HTTP request',
  subject: WHICH,
  verbs: [{ words: 'request' }],
  items: [
    { key: 'method', kind: METHOD },
    { key: 'target', kind: TARGET_TEXT },
  ],
  fields: [
    { key: 'http', words: 'http', kind: oneOf('http_version', ['1.0', '1.1']) },
    { key: 'header', words: 'header', kind: HEADER, many: 'again' },
    { key: 'body', words: 'body', kind: PAYLOAD },
  ],
};

function closing(type: 'close' | 'reset' | 'shutdown', about: string, aliases: readonly string[] = []): Shape {
  return { type, about, subject: WHICH, verbs: [{ words: type, aliases }], items: [], fields: [] };
}

const READ: Shape = {
  type: 'read',
  about: 'stops reading, so that the client’s window closes; or reads again',
  subject: WHICH,
  verbs: [{ words: 'read' }],
  items: [{ key: 'amount', kind: oneOf('read_amount', ['none', 'all']) }],
  fields: [],
};

const UDP: Shape = {
  type: 'udp',
  about: 'sends a datagram',
  subject: WHO,
  verbs: [{ words: 'udp' }],
  items: [{ key: 'to', kind: DESTINATION }],
  fields: [
    { key: 'from', words: 'from', aliases: ['from port'], kind: PORT },
    { key: 'data', words: 'data', kind: PAYLOAD, bare: true },
  ],
};

const PING: Shape = {
  type: 'ping',
  about: 'an ICMP echo request',
  subject: WHO,
  verbs: [{ words: 'ping' }],
  items: [{ key: 'address', kind: ADDRESS, optional: true }],
  fields: [{ key: 'size', words: 'size', kind: integer('ping_size', 'bytes of data', 0, 65_507) }],
};

const ARP: Shape = {
  type: 'arp',
  about: 'asks for the MAC address of an IP address',
  subject: WHO,
  verbs: [{ words: 'arp', aliases: ['nd', 'arping'] }],
  items: [{ key: 'address', kind: ADDRESS }],
  fields: [],
};

const WAIT: Shape = {
  type: 'wait',
  about: 'lets virtual time pass, which costs nothing',
  verbs: [{ words: 'wait', aliases: ['sleep'] }],
  items: [{ key: 'duration', kind: DURATION }],
  fields: [],
};

const REPLAY: Shape = {
  type: 'replay',
  about: 'the frames of a capture as steps',
  verbs: [{ words: 'replay' }],
  items: [{ key: 'file', kind: FILE }],
  fields: [{ key: 'onlyFrom', words: 'only from', aliases: ['from'], kind: ADDRESS }],
};

const IMPAIR: Shape = {
  type: 'impair',
  about: 'what a client’s link does to its frames, in both directions',
  verbs: [{ words: 'impair' }],
  items: [{ key: 'client', kind: CLIENT }],
  fields: [
    { key: 'loss', words: 'loss', aliases: ['lose'], kind: PROBABILITY },
    { key: 'dup', words: 'dup', aliases: ['duplicate'], kind: PROBABILITY },
    { key: 'reorder', words: 'reorder', kind: PROBABILITY },
    { key: 'corrupt', words: 'corrupt', kind: PROBABILITY },
    { key: 'delay', words: 'delay', kind: DURATION },
    { key: 'jitter', words: 'jitter', kind: DURATION },
    { key: 'seed', words: 'seed', kind: COUNT },
  ],
};

const SIGNAL: Shape = {
  type: 'signal',
  about: 'noise on the line between a client and the server’s phy, and what the line leaves of the signal',
  verbs: [{ words: 'signal' }],
  items: [{ key: 'client', kind: CLIENT }],
  fields: [
    { key: 'noise', words: 'noise', kind: DECIMAL },
    { key: 'level', words: 'level', kind: DECIMAL },
    { key: 'seed', words: 'seed', kind: COUNT },
  ],
};

const CAPTURE: Shape = {
  type: 'capture',
  about: 'how a capture of the server’s wire is taken from now on, for `rxpath generate` and `expect analysis`',
  verbs: [{ words: 'capture' }],
  items: [],
  fields: [
    { key: 'off', words: 'off', kind: FLAG },
    { key: 'only', words: 'only', kind: oneOf('captured_way', ['in', 'out']) },
    { key: 'snaplen', words: 'snaplen', kind: integer('snaplen', 'a number of bytes', 1, 262_144) },
    { key: 'linkType', words: 'link_type', kind: LINK_TYPE },
    { key: 'fcs', words: 'fcs', kind: FLAG },
    { key: 'offload', words: 'offload', kind: FLAG },
  ],
};

/** Steps but for frames by hand. */
export const STEP_SHAPES: readonly Shape[] = [
  CLIENT_SHAPE,
  CONNECT,
  SEND,
  REQUEST,
  closing('close', 'closes a connection in order'),
  closing('reset', 'aborts a connection with a RST', ['rst', 'abort']),
  closing('shutdown', 'ends the sending direction of a connection', ['fin']),
  READ,
  UDP,
  PING,
  ARP,
  WAIT,
  REPLAY,
  IMPAIR,
  SIGNAL,
  CAPTURE,
];

import { ANALYSED, COUNTED, DECISION, LAYER, REASON, STATE } from '../kinds/expected.ts';
import { ICMP4, ICMP6 } from '../kinds/icmp.ts';
import { CONNECTION_BEFORE } from '../kinds/names.ts';
import { BOUNDS, STATUS, U16 } from '../kinds/numbers.ts';
import { REPLY_FLAGS, SEQUENCE } from '../kinds/tcp.ts';
import { PAYLOAD } from '../kinds/text.ts';
import { DURATION } from '../kinds/times.ts';
import type { Shape } from './shape.ts';

/** What may stand after `expect`. */
export const EXPECT_SHAPES: readonly Shape[] = [
  {
    type: 'drop',
    about: 'the frame is dropped, there and for that',
    verbs: [{ words: 'drop' }],
    items: [
      { key: 'layer', kind: LAYER },
      { key: 'reason', kind: REASON },
    ],
    fields: [],
  },
  {
    type: 'verdict',
    about: 'the frame’s verdict',
    verbs: ['deliver', 'consume', 'hold', 'forward'].map((words) => ({ words, sets: { verdict: words } })),
    items: [],
    fields: [],
  },
  {
    type: 'reply_icmp',
    about: 'the host answers with an ICMP message',
    verbs: [{ words: 'reply icmp', sets: { protocol: 'icmp' } }],
    items: [{ key: 'icmp', kind: ICMP4 }],
    fields: [],
  },
  {
    type: 'reply_icmp',
    about: 'the host answers with an ICMPv6 message',
    verbs: [{ words: 'reply icmpv6', aliases: ['reply icmp6'], sets: { protocol: 'icmpv6' } }],
    items: [{ key: 'icmp', kind: ICMP6 }],
    fields: [],
  },
  {
    type: 'reply_neighbour',
    about: 'the host tells its MAC address',
    verbs: [
      { words: 'reply arp', sets: { protocol: 'arp' } },
      { words: 'reply nd', aliases: ['reply ndp'], sets: { protocol: 'nd' } },
    ],
    items: [],
    fields: [],
  },
  {
    type: 'reply_udp',
    about: 'a datagram comes back',
    verbs: [{ words: 'reply udp' }],
    items: [],
    fields: [{ key: 'data', words: 'data', kind: PAYLOAD, bare: true }],
  },
  {
    type: 'reply_tcp',
    about: 'the host answers with a segment that has these flags',
    verbs: [{ words: 'reply', aliases: ['reply tcp'] }],
    items: [{ key: 'flags', kind: REPLY_FLAGS }],
    fields: [
      { key: 'ack', words: 'ack', kind: SEQUENCE },
      { key: 'win', words: 'win', aliases: ['window'], kind: U16 },
    ],
  },
  { type: 'no_reply', about: 'the host says nothing', verbs: [{ words: 'no reply' }], items: [], fields: [] },
  {
    type: 'socket',
    about: 'the state of the server’s socket of this connection',
    verbs: [{ words: 'socket' }],
    items: [
      { key: 'connection', kind: CONNECTION_BEFORE, optional: true },
      { key: 'state', kind: STATE },
    ],
    fields: [],
  },
  {
    type: 'http',
    about: 'the status of the response, and what its body has',
    verbs: [{ words: 'http' }],
    items: [{ key: 'status', kind: STATUS }],
    fields: [{ key: 'body', words: 'body', kind: PAYLOAD, bare: true }],
  },
  {
    type: 'count',
    about: 'so many frames with this verdict, or replies',
    verbs: [{ words: 'count' }],
    items: [
      { key: 'verdict', kind: COUNTED },
      { key: 'count', kind: BOUNDS },
    ],
    fields: [],
  },
  {
    type: 'reason',
    about: 'so many drops for this reason',
    verbs: [{ words: 'reason' }],
    items: [
      { key: 'reason', kind: REASON },
      { key: 'count', kind: BOUNDS },
    ],
    fields: [],
  },
  {
    type: 'decision',
    about: 'a decision of the catalogue is taken, or is not',
    verbs: [
      { words: 'decision', sets: { no: false } },
      { words: 'no decision', sets: { no: true } },
    ],
    items: [{ key: 'name', kind: DECISION }],
    fields: [],
  },
  {
    type: 'analysis_decision',
    about: 'the analysis of the run’s capture takes a decision, or does not',
    verbs: [
      { words: 'analysis decision', sets: { no: false } },
      { words: 'analysis no decision', aliases: ['no analysis decision'], sets: { no: true } },
    ],
    items: [{ key: 'name', kind: DECISION }],
    fields: [],
  },
  {
    type: 'analysis_count',
    about: 'the analysis of the run’s capture gives so many frames this verdict',
    verbs: [{ words: 'analysis count' }],
    items: [
      { key: 'verdict', kind: ANALYSED },
      { key: 'count', kind: BOUNDS },
    ],
    fields: [],
  },
  {
    type: 'within',
    about: 'all is settled after so much time',
    verbs: [{ words: 'within' }],
    items: [{ key: 'duration', kind: DURATION }],
    fields: [],
  },
];

import fc from 'fast-check';
import { FLAG } from '../../src/scenario/kinds/kind.ts';
import { ACTION_SHAPES, EXPECT_SHAPES, HOST_SHAPES } from '../../src/scenario/statements/index.ts';
import { type Field, type Shape, splitWords, type Verb } from '../../src/scenario/statements/shape.ts';
import { CATALOGUE, NAMES } from '../../src/trace/catalogue.ts';

/** Ways to write a value of each kind. */
export const SAMPLES: Readonly<Record<string, readonly string[]>> = {
  address: ['10.0.0.1', '2001:db8::1', '::ffff:1.2.3.4', 'FE80::1'],
  analysed: ['drop', 'observe'],
  any_port: ['0', '80', '65535'],
  arp_operation: ['request', 'REPLY', 'who-has', '3'],
  auth: ['user:password', '"a user:with blanks"'],
  bounds: ['6', '>=2', '2..5', '<=3', '>4', '<5', '=7', '3..'],
  busy_status: ['503'],
  byte_offset: ['0'],
  captured_way: ['in', 'OUT'],
  cidr: ['10.0.0.0/8', '10.0.0.1', '2001:db8::/32', '0.0.0.0/0'],
  client: ['alice', 'bob', 'c-1.x'],
  connection: ['a', 'alice'],
  connection_before: ['a'],
  connection_states: ['new', 'established,related', 'INVALID'],
  corruption: ['fcs', 'ip_csum', 'checksum', 'byte 14', 'byte 0x10'],
  count: ['0', '12', '0x10'],
  counted: ['drop', 'drops', 'reply', 'deliver'],
  date: ['2026-01-31', '2026-01-31T12:00:00Z', '1970-01-01T00:00:01Z'],
  decimal: ['0.2', '0', '3'],
  decision: [NAMES[0]!, NAMES.at(-1)!],
  destination: ['80', '10.0.0.1:80', '[2001:db8::1]:443'],
  directory: ['.', './site', '"my site"', '/srv/www'],
  duration: ['0', '20ms', '1.5s', '2m', '1h', '7ns', '90s', '12µs', '1234567ns'],
  ether_type: ['0x88b5', '2048'],
  family: ['ipv4', 'ip6'],
  file: ['a.pcap', '"two words.bin"', '../x/y', '"quo\\"te"', '"a$b"'],
  firewall_action: ['accept', 'drop', 'reject', 'deny'],
  flag_match: ['SYN', 'SYN/SYN,ACK', 'none', 'none/ACK', 'SYN,ECE'],
  fragment: ['any', 'later'],
  fragment_offset: ['0', '8'],
  fragmentation: ['8', '24 reverse', '24 shuffle overlap lose 2 dup 1 dup 3', '1480 overlap'],
  frame_bytes: ['020000000001 02000000000b 88b5 deadbeef', '02:00', '0x0102', 'ab cd'],
  header: ['"K: V"', '"X-Long:   spaced  out "', '"Empty:"', '"Q: \\"x\\" \\\\"', '"U: é你"'],
  hex: ['0101', '01 02 03', 'de-ad'],
  hook: ['raw', 'input', 'FORWARD'],
  host_address: ['10.0.0.1/24', '2001:db8::1/64', '192.0.2.1/31'],
  http_path: ['/', '/hello', '*', '/a/*', '"/with blank"', '/q?a=b#c'],
  http_target: ['/', '/index.html', 'http://example.com/', '*', '"/quoted"'],
  http_version: ['1.0', '1.1'],
  icmp_type: ['echo', '3 3', 'port_unreachable', 'unreachable 13', '42 1', 'frag-needed', '255'],
  icmpv6_type: ['echo', 'packet_too_big', '1 4', 'unknown_option', '200'],
  integer: ['-1', '0', '4294967295'],
  interface: ['eth0', 'enp3s0'],
  ip_protocol: ['tcp', '47', 'GRE', 'ipv6-icmp', '0'],
  ip_protocol_number: ['proto 47', 'gre', '132'],
  layer: ['nic', 'TCP'],
  link_type: ['raw', 'SLL2', '105', '113'],
  location: ['/elsewhere', 'https://example.com/a?b=c', '"/with blank"'],
  mac: ['02:00:00:00:00:0a', '02-00-00-00-00-0B', 'broadcast'],
  method: ['GET', 'POST', 'get', 'M-SEARCH', '*'],
  mss: ['536', '1460'],
  mtu: ['68', '1500', '65535'],
  nd_message: ['solicit', 'na', 'redirect'],
  new_name: ['a', 'b2', '_x', 'some-name.1'],
  origin: ['alice', 'bob:5000', 'a:0'],
  payload: ['"text"', '""', '"\\x00\\xff\\u{1f600} é \\$n \\" \\\\ \\r\\n\\t"', 'hex 00ff', 'file x.bin', '"\\xc3\\xa9"', '"$5"'],
  phy: ['10base-t'],
  ping_size: ['0', '1400'],
  port: ['1', '65535'],
  ports: ['80', '80-90', '22,80,8000-8100'],
  positive: ['1', '9'],
  probability: ['5%', '0.05', '100%', '0', '0.5%', '33.3%', '1'],
  program: ['http', './m.js', '"./my module.js"'],
  rate: ['10/second', '5/minute', '1/h', '2/day'],
  read_amount: ['none', 'all'],
  reason: [...new Set(CATALOGUE.flatMap((entry) => ('reason' in entry ? [entry.reason] : [])))].slice(0, 3),
  reject_with: ['tcp_reset', 'icmp 13', 'icmp port_unreachable', 'icmpv6 no-route', 'rst'],
  reply_flags: ['SYN,ACK', 'RST', 'SYN/ACK', 'none'],
  ring: ['8', '4096'],
  profile: ['linux', 'rfc9293', 'RFC'],
  route_kind: ['blackhole', 'prohibit'],
  route_mtu: ['576'],
  route_to: ['default', '10.1.0.0/16', '2001:db8::/32'],
  sack_range: ['1-2', '+3-4', '+5-+6'],
  sequence_number: ['0', '4294967295', '+0', '-5', '+7', '0x10'],
  size: ['0', '1500', '64k', '1M'],
  snaplen: ['1', '96'],
  socket_state: ['ESTABLISHED', 'estab', 'TIME-WAIT', 'CLOSED'],
  status: ['200', '599'],
  step_time: ['0s', '20ms', '+1ms', '+1.5s'],
  sysctl_name: ['net.ipv4.ip_forward', 'net/ipv4/tcp_syncookies', 'ipv4.tcp_sack'],
  target: ['80', '0', '10.0.0.1:80', '10.0.0.1', '[2001:db8::1]:80', '2001:db8::1', 'bob:80'],
  tcp_flags: ['SYN', 'SYN,ACK', 'FIN/ACK', 'none', 'xmas', 'PSH|ACK', 'CWR'],
  text: ['"hi"', '""', '"a \\"b\\" \\\\ \\r\\n \\u{4f60} 你 $5 \\$n #"'],
  transport: ['tcp', 'UDP'],
  u2: ['0'],
  u4: ['0', '15'],
  u8: ['0', '255', '0x7f'],
  u16: ['0', '65535'],
  u32: ['0', '4294967295'],
  vlan_id: ['0', '4095'],
  wscale: ['0', '14'],
};

function sample(field: Field): fc.Arbitrary<string> {
  if (field.kind === FLAG) return fc.constant('');
  return fc.constantFrom(...SAMPLES[field.kind.name]!);
}

/** A field as it may be written: keyword or one of its other names, value once or more. */
function written(field: Field): fc.Arbitrary<string> {
  const keyword = field.words === undefined ? fc.constant('') : fc.constantFrom(field.words, ...(field.aliases ?? []));
  const values = fc.array(sample(field), { minLength: 1, maxLength: field.many === undefined ? 1 : 3 });
  return fc.tuple(keyword, values).map(([word, texts]) => {
    if (field.many === 'again') return texts.map((text) => `${word} ${text}`).join(' ');
    return [word, ...texts].join(' ');
  });
}

function verbs(shape: Shape): fc.Arbitrary<Verb> {
  return fc.constantFrom(...shape.verbs);
}

/** A line of this shape with some of its fields. */
function lineOf(shape: Shape): fc.Arbitrary<string> {
  const subject = shape.subject === undefined ? fc.constant('') : sample(shape.subject);
  const verb = verbs(shape).chain((each) => fc.constantFrom(each.words, ...(each.aliases ?? [])));
  const alternative = shape.variant === undefined ? fc.constant(undefined) : fc.constantFrom(...shape.variant.of);
  const itemsOf = (items: readonly Field[]): fc.Arbitrary<string> =>
    fc
      .tuple(...items.map((item) => (item.optional === true ? fc.option(sample(item), { nil: '' }) : sample(item))))
      .map((texts) => texts.join(' '));
  return alternative.chain((chosen) => {
    const all = [...(chosen?.fields ?? []), ...shape.fields];
    const needed = all.filter((field) => field.needed === true);
    const rest = all.filter((field) => field.needed !== true);
    const others = fc.subarray(rest, { maxLength: Math.min(6, rest.length) });
    const fields = others
      .chain((some) => fc.shuffledSubarray([...needed, ...some], { minLength: needed.length + some.length }))
      .chain((some) => fc.tuple(...some.map(written)));
    return fc
      .tuple(subject, verb, itemsOf(shape.items), itemsOf(chosen?.items ?? []), fields)
      .map(([who, does, items, inner, rest]) =>
        [who, does, items, chosen?.word ?? '', inner, ...rest].filter((part) => part !== '').join(' '),
      );
  });
}

const TIME = fc.constantFrom('', '', '+1ms ', '20ms ', '0s ');
const COMMENT = fc.constantFrom('', '', '', ' # why', '  #', ' ## heading', '# "quoted"');
const REMARKS = fc.constantFrom('', '', '\n', '# a comment\n', '\n\n#! /bin/x\n   # indented\n', '#\n');

function commented(line: fc.Arbitrary<string>, indent: string): fc.Arbitrary<string> {
  return fc.tuple(REMARKS, line, COMMENT).map(([before, text, after]) => `${before}${indent}${text}${after}\n`);
}

const EXPECTATION = fc
  .constantFrom(...EXPECT_SHAPES)
  .chain(lineOf)
  .map((line) => `expect ${line}`);
const HOST = commented(fc.constantFrom(...HOST_SHAPES).chain(lineOf), '');

function step(indent: string, line: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const timed = fc.tuple(TIME, line).map(([time, text]) => time + text);
  return fc
    .tuple(commented(timed, indent), fc.array(commented(EXPECTATION, `${indent}  `), { maxLength: 2 }))
    .map(([text, more]) => text + more.join(''));
}

const ACTION = fc.constantFrom(...ACTION_SHAPES).chain(lineOf);
/** Lines with a variable in them, whatever it stands for. */
const OPEN = fc.constantFrom(
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: expressions of our own language
  'client c$n ip 10.0.0.$n',
  'alice:${n + 1000} > $n tcp SYN seq ${n*2:d} data $n ttl $n',
  'c$n send "number $n \\$n ${n:02x}"',
  'hex 0200000000${n:02x} corrupt byte $n',
  'alice ping size $n',
  'wait ${n}ms',
  '${n}ms alice ping',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: as above
);
const LOOP_HEAD = fc.constantFrom(
  'repeat 3',
  'for n in 1..9',
  'for n in 0..100 step 10',
  'for n in 1 2 3',
  'repeat 2 times',
  'for n in 5, "6"',
);

const LOOP = fc
  .tuple(commented(LOOP_HEAD, ''), fc.array(fc.oneof(step('  ', ACTION), step('  ', OPEN)), { maxLength: 3 }), REMARKS, COMMENT)
  .map(([head, body, before, after]) => `${head}${body.join('')}${before}end${after}\n`);

const CHECK = commented(
  fc.constantFrom('expect count drop 6', 'expect reason fcs_error 0', 'expect no decision tcp_syn_ack'),
  '',
);
const INCLUDE = commented(fc.constantFrom('include x.scn', 'include "my file.scn"'), '');

/** Scripts in which every statement is right by itself; what they say together need not make sense. */
export const SCRIPT = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: HOST },
      { weight: 5, arbitrary: step('', ACTION) },
      { weight: 2, arbitrary: LOOP },
      CHECK,
      INCLUDE,
    ),
    {
      maxLength: 8,
    },
  )
  .chain((parts) => REMARKS.map((tail) => parts.join('') + tail));

/** All words of the language. */
export const WORDS: readonly string[] = [
  ...new Set(
    [...HOST_SHAPES, ...ACTION_SHAPES, ...EXPECT_SHAPES].flatMap((shape) => [
      ...shape.verbs.flatMap((verb) => splitWords(verb.words)),
      ...[...shape.items, ...shape.fields].flatMap((field) => splitWords(field.words ?? field.key)),
      ...(shape.variant?.of ?? []).flatMap((each) => [each.word, ...each.fields.map((field) => field.words ?? field.key)]),
    ]),
  ),
  ...Object.values(SAMPLES).flat(),
  ...'repeat for in end include expect $n $_{ $ # "a b" "unclosed \\ \\q @ > -> 1..3 1..$n step , + - 20ms +1ms'.split(' '),
  `\${n}`,
  '${',
];

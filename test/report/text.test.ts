import assert from 'node:assert/strict';
import { Printer } from '../../src/report/terminal/printer.ts';
import { plainStyle } from '../../src/report/terminal/style.ts';
import { FrameLines } from '../../src/report/views/lines.ts';
import { D } from '../../src/trace/catalogue.ts';
import type { ExchangeRow, SocketRow } from '../../src/trace/run.ts';
import { Trace } from '../../src/trace/trace.ts';
import { memoryOutput } from './memory-output.ts';
import { answer, badFcs, delivered, noSocket, report, type Step, say, type Told, udp } from './story.ts';

/** What the list of frames says of one frame. */
function lineOf(facts: Told['facts']): string {
  return report([{ ...delivered, facts }], { views: ['frames'] });
}

const STORY = [delivered, answer, noSocket, badFcs];
const MANY: readonly Told[] = Array.from({ length: 200 }, (_, i) =>
  i % 50 === 3 ? noSocket : i === 10 ? badFcs : i % 2 === 0 ? delivered : answer,
);
const MISSING = new Map([['missing_reply', 1]]);

const LISTENER: SocketRow = {
  proto: 'tcp',
  state: 'LISTEN',
  recvQ: 0,
  sendQ: 128,
  local: '',
  lport: 80,
  peer: '',
  pport: 0,
  fd: 3,
  requests: 0,
  closedBy: '',
  ending: '',
  module: 'waiting',
  adopted: false,
};
const CONNECTION: SocketRow = {
  ...LISTENER,
  state: 'TIME_WAIT',
  sendQ: 0,
  local: 'fd00::1',
  peer: 'fd00::2',
  pport: 51234,
  fd: 4,
  requests: 2,
  closedBy: 'client',
  ending: 'closed',
  module: 'http #1',
  adopted: true,
};
const EXCHANGE: ExchangeRow = {
  n: 4,
  fd: 4,
  client: '10.0.0.2',
  cport: 51234,
  method: 'GET',
  target: '/hello.txt',
  version: '1.1',
  host: 'a',
  status: 200,
  bodyBytes: 1234,
  requestIncomplete: false,
  responseIncomplete: false,
  requestAt: 1_000_000,
  firstByteAt: 1_310_000,
  lastByteAt: 2_500_000,
  source: 'captured',
  closedBy: 'client',
};

/** Expected output written with a margin. */
function lines(...text: string[]): string {
  return `${text.join('\n')}\n`;
}

describe('text report', () => {
  it('has a line per frame where there are few', () => {
    assert.equal(
      report(STORY, {}, { divergences: MISSING }),
      lines(
        'x.pcap  pcap, Ethernet · 4 frames · 2023-11-14 22:13:20 UTC',
        'host 10.0.0.1 · listens on tcp/80  (it accepts connections; another: --host ADDRESS)',
        '',
        '    1   0.000000 → ● deliver socket 10.0.0.2:5000 > 10.0.0.1:53  UDP length 30  socket_datagram',
        '    2   0.001500 ← · observe udp    10.0.0.1:53 > 10.0.0.2:5000  UDP length 90',
        '    3   0.003000 → ✗ drop    udp    10.0.0.2:5000 > 10.0.0.1:9  UDP length 30  no_socket',
        `                                    ✗ ${say(['udp_no_socket', 9], { ...udp, destinationPort: 9 })}`,
        '                                    ↳ ICMP port unreachable length 58  icmp_port_unreachable',
        '                                    ≠ #3 missing_reply: our host: ICMP port unreachable; captured: nothing',
        '    4   0.004500 → ✗ drop    nic    00:00:00:00:00:00 > 00:00:00:00:00:00  LLC length 0  fcs_error',
        `                                    ✗ ${say(['nic_fcs_error', 0x12345678, 0x9abcdef0])}`,
        '',
        'Climb  1 more frame came from the host’s side: observed, not climbed',
        'socket  │   ●         │  1',
        'udp     │   │   ✗     │  2   1 dropped',
        'ip      │   │   │     │  2',
        'driver  │   │   │     │  2',
        'nic     │   │   │   ✗ │  3   1 dropped',
        '            1   3   4',
        '',
        'Divergences  1',
        '  ≠ 1  missing_reply  first #3',
        '       our host: ICMP port unreachable; captured: nothing',
        '       A Linux host refuses this with a reset or an ICMP error; the captured server stayed silent.',
        '       → A firewall that drops without a word (DROP, not REJECT) looks like this.',
        '',
        '2 of 4 frames dropped: 1 fcs_error, 1 no_socket; no HTTP request; divergences: 1 missing_reply',
        'one frame in detail: --frame 3',
      ),
    );
  });

  it('draws the climb of a few frames, with the dropped ones named', () => {
    assert.equal(
      report(STORY, { views: ['climb'] })
        .split('\n')
        .slice(4, 13)
        .join('\n'),
      [
        'socket  │   ●         │  1',
        'udp     │   │   ✗     │  2   1 dropped',
        'ip      │   │   │     │  2',
        'driver  │   │   │     │  2',
        'nic     │   │   │   ✗ │  3   1 dropped',
        '            1   3   4',
        `  #3  UDP       ✗ udp: no_socket  (${say(['udp_no_socket', 9], { ...udp, destinationPort: 9 })})`,
        `  #4  74 bytes  ✗ nic: fcs_error  (${say(['nic_fcs_error', 0x12345678, 0x9abcdef0])})`,
        '',
      ].join('\n'),
    );
  });

  it('draws bars for many', () => {
    const text = report(MANY, { views: ['climb'] }).split('\n');
    assert.deepEqual(text.slice(3, 10), [
      'Climb  96 more frames came from the host’s side: observed, not climbed',
      'socket   99  ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒    ● 99 deliver',
      'udp     103  ███████████████████████████████✗  ✗ 4 drop',
      'ip      103  ████████████████████████████████',
      'driver  103  ████████████████████████████████',
      'nic     104  ███████████████████████████████✗  ✗ 1 drop',
      '             █ climbs on   ▒ ends here   ✗ drop',
    ]);
  });

  it('sums many frames up: climb, paths, drops, sockets and HTTP', () => {
    const text = report(MANY, {}, { divergences: MISSING });
    assert.deepEqual(
      text
        .split('\n')
        .filter((line) => /^[A-Z]/.test(line))
        .map((line) => line.split('  ')[0]),
      ['Climb', 'Paths', 'Drops', 'Divergences'],
    );
    assert.match(text, /^x\.pcap {2}pcap, Ethernet · 200 frames over 299 ms · 14\.4 kB · 2023-11-14 22:13:20 UTC$/m);
    assert.match(text, /^5 of 200 frames dropped: 4 no_socket, 1 fcs_error; no HTTP request; divergences: 1 missing_reply$/m);
  });

  it('writes the first path out, and of others what differs', () => {
    const text = report(MANY, { views: ['paths'] }).split('\n');
    assert.deepEqual(text.slice(3, 10), [
      'Paths  3 different; a layer that did as in the first one is only named',
      '  99 ×  ● deliver socket  first #1',
      '        nic_fcs_not_captured nic_mac_ours › driver_ipv4 › ipv4_header_valid ipv4_to_udp › udp_checksum_good ›',
      '        socket_datagram',
      '   4 ×  ✗ drop udp: no_socket  first #4',
      '        nic › driver › ip › udp_checksum_good udp_no_socket ↳ icmp_port_unreachable',
      '   1 ×  ✗ drop nic: fcs_error  first #11',
    ]);
  });

  it('says of each reason how often, where first, what the kernel calls it, and what to do', () => {
    const text = report(MANY, { views: ['drops'], lang: 'zh' });
    assert.match(text, /^ {2}✗ 4 {2}udp: no_socket {2}NO_SOCKET {2}UdpNoPorts\/Udp6NoPorts {2}首个 #4$/m);
    assert.ok(text.includes(say(['udp_no_socket', 9], { ...udp, destinationPort: 9 }, 'zh')));
    assert.match(text, /^ {6}→ [^\n]*[\u4e00-\u9fff]/m);
  });

  it('has the columns of ss in the socket table', () => {
    const text = report(STORY, { views: ['sockets'] }, { sockets: [LISTENER, CONNECTION], socketCount: 9 }).split('\n');
    assert.deepEqual(text.slice(3, 10), [
      'Sockets  9',
      '  Netid  State         Recv-Q  Send-Q  Local Address:Port  Peer Address:Port  fd  Requests  Closed by  Module',
      '  tcp    LISTEN             0     128  *:80                *:*                 3         -  -          waiting',
      '  tcp    (TIME-WAIT)*       0       0  [fd00::1]:80        [fd00::2]:51234     4         2  client     http #1',
      '  * its beginning was not captured: followed from mid-stream',
      '  (STATE): the socket is gone, and this was its last state',
      '  … 7 more: --json',
    ]);
  });

  it('leaves columns out where the terminal is narrow', () => {
    const stream = { isTTY: true, columns: 80 };
    const env = { NO_COLOR: '1' };
    const text = report(
      STORY,
      { views: ['sockets', 'http'], stream, env },
      { sockets: [LISTENER, CONNECTION], socketCount: 2, exchanges: [EXCHANGE], requestCount: 1 },
    );
    for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    assert.match(text, /Local Addr/);
    assert.doesNotMatch(text, /Module/);
  });

  it('marks requests and responses that are not whole', () => {
    const download = { ...EXCHANGE, responseIncomplete: true };
    const upload = { ...EXCHANGE, n: 0, method: 'POST', requestIncomplete: true };
    const text = (exchanges: readonly ExchangeRow[]) =>
      report(STORY, { views: ['http'] }, { exchanges, requestCount: exchanges.length })
        .split('\n')
        .slice(4, 8);
    assert.deepEqual(text([download, upload, EXCHANGE]), [
      '  #  Client          fd  Method  Target      Status   Bytes    TTFB   Total  Closed first',
      '  4  10.0.0.2:51234   4  GET     /hello.txt     200  1,234*  310 µs  1.5 ms  client',
      '  -  10.0.0.2:51234   4  POST*   /hello.txt     200  1,234   310 µs  1.5 ms  client',
      '  4  10.0.0.2:51234   4  GET     /hello.txt     200  1,234   310 µs  1.5 ms  client',
    ]);
    assert.equal(text([upload])[2], '  * incomplete: its last byte did not come, or was not captured');
    assert.doesNotMatch(text([EXCHANGE]).join(), /\*/);
  });

  it('shows fragments with their place in the datagram', () => {
    const fragment = { ...udp, hasTransport: false, fragId: 0x1f, fragOffset: 1480, fragLength: 1480, fragMore: true };
    const last = { ...udp, dataLength: 4000, fragId: 0x1f, fragOffset: 2960, fragLength: 1048, fragMore: false };
    const text = report(
      [
        { ...delivered, facts: fragment },
        { ...delivered, facts: last },
      ],
      { views: ['frames'] },
    );
    assert.match(text, / 10\.0\.0\.2 > 10\.0\.0\.1 {2}UDP frag 0x001f 1480:2960\(1480\) MF {2}/);
    assert.match(text, / UDP length 4000, frag 0x001f 2960:4008\(1048\) {2}/);
    assert.match(
      lineOf({ ...fragment, family: 6, protocol: 44, fragId: 0x12345678 }),
      / IPv6 frag 0x12345678 1480:2960\(1480\) MF {2}/,
    );
  });

  it('shows VLANs, and what time was exceeded', () => {
    assert.match(lineOf({ ...udp, vlan: 7 }), /:53 {2}vlan 7 UDP length 30 {2}/);
    const icmp = { ...udp, protocol: 1, icmpType: 11, icmpCode: 0, dataLength: 56 };
    assert.match(lineOf(icmp), / ICMP time exceeded in transit length 56 {2}/);
    assert.match(lineOf({ ...icmp, icmpCode: 1 }), / ICMP time exceeded in reassembly length 56 {2}/);
    assert.match(lineOf({ ...icmp, protocol: 58, icmpType: 3 }), / ICMPv6 time exceeded in transit length 56 {2}/);
  });

  it('tells the MACs and the VLAN of one frame', () => {
    const macs = { hasMacs: true, sourceMacHigh: 0x200, sourceMacLow: 2, destinationMacHigh: 0x200, destinationMacLow: 1 };
    const line = (facts: Told['facts'], lang: 'en' | 'zh') =>
      report([{ ...delivered, facts }], { frame: 1, lang }).split('\n')[2];
    assert.equal(line({ ...udp, ...macs }, 'en'), 'MAC 02:00:00:00:00:02 > 02:00:00:00:00:01');
    assert.equal(line({ ...udp, ...macs, vlan: 7 }, 'zh'), 'MAC 02:00:00:00:00:02 > 02:00:00:00:00:01，VLAN 7');
    assert.doesNotMatch(line(udp, 'en')!, /MAC/);
  });

  it('has a row per request', () => {
    const unanswered = { ...EXCHANGE, n: 9, status: 0, bodyBytes: -1, firstByteAt: -1, lastByteAt: -1, closedBy: '' as const };
    const text = report(
      STORY,
      { views: ['http'] },
      { exchanges: [EXCHANGE, unanswered], requestCount: 2, responses: new Map([[200, 1]]) },
    );
    assert.deepEqual(text.split('\n').slice(3, 9), [
      'HTTP  2',
      '  #  Client          fd  Method  Target      Status  Bytes    TTFB   Total  Closed first',
      '  4  10.0.0.2:51234   4  GET     /hello.txt     200  1,234  310 µs  1.5 ms  client',
      '  9  10.0.0.2:51234   4  GET     /hello.txt       -      -       -       -  -',
      '',
      '2 of 4 frames dropped: 1 fcs_error, 1 no_socket; 2 requests, 1 answered; no divergence',
    ]);
  });

  it('draws a ladder of each conversation', () => {
    const text = report([delivered, answer, { ...noSocket, facts: udp }], { views: ['ladder'] });
    assert.deepEqual(text.split('\n').slice(2, 7), [
      '',
      '      10.0.0.2:5000                                   10.0.0.1:53',
      '   0.000000 │── UDP length 30 ────────────────────────────▶│ #1 deliver',
      '   0.001500 │◀── UDP length 90 ────────────────────────────│ #2',
      '   0.003000 │── UDP length 30 ────────────────────────────✗│ #3 udp: no_socket',
    ]);
  });

  it('explains one frame phase by phase', () => {
    const facts = { ...udp, destinationPort: 9 };
    const text = report(STORY, { frame: 3 });
    const rule = / {2,}\S+ {2}(RFC|IEEE|Linux|pcap|rxpath)[^\n]*$/;
    const rows = text.split('\n').flatMap((line) => (/^ {9}/.test(line) ? [] : [line.replace(rule, '')]));
    assert.deepEqual(rows.slice(0, 21), [
      '#3  72 bytes  0.003000 s  2023-11-14T22:13:20.003000000Z',
      '10.0.0.2:5000 > 10.0.0.1:9  UDP length 30',
      'host 10.0.0.1 · listens on tcp/80  (it accepts connections; another: --host ADDRESS)',
      '',
      'Phase 1  nic',
      `  ✓ ${say('nic_fcs_not_captured', facts)}`,
      `  ✓ ${say('nic_mac_ours', facts)}`,
      '',
      'Phase 2  driver',
      `  ✓ ${say('driver_ipv4', facts)}`,
      '',
      'Phase 3  ip',
      `  ✓ ${say(['ipv4_header_valid', 20, 60], facts)}`,
      `  ✓ ${say('ipv4_to_udp', facts)}`,
      '',
      'Phase 4  udp',
      `  ✓ ${say('udp_checksum_good', facts)}`,
      `  ✗ ${say(['udp_no_socket', 9], facts)}`,
      `    ↳ ${say('icmp_port_unreachable', facts)}`,
      '      10.0.0.1 > 10.0.0.2  ICMP port unreachable length 58',
      '    ≠ #3 missing_reply: our host: ICMP port unreachable; captured: nothing',
    ]);
    assert.match(text, /^Action {2}✗ drop {2}udp {2}udp_no_socket$/m);
    assert.match(text, /^ {2}kernel {4}NO_SOCKET: no socket was found/m);
    assert.match(text, /^ {2}counter {3}UdpNoPorts$/m);
  });

  it('says what was lost of a damaged capture', () => {
    const damage = [
      { file: 'x.pcap', offset: 123_456, lost: 78, code: 'E_CAPTURE_TRUNCATED', message: 'The last record is cut.' },
    ];
    assert.match(report(STORY, {}, { damage }), /^x\.pcap: The last record is cut\. 78 bytes lost\.$/m);
  });

  it('shows names that could steer the terminal as they are written', () => {
    const message = 'w\x1b[31m.pcap: The record at byte 24 is cut.';
    const damage = [{ file: 'w\x1b[31m.pcap', offset: 24, lost: -1, code: 'E_CAPTURE_TRUNCATED', message }];
    const text = report(STORY, {}, { damage }, { sources: ['w\x1b[31m.pcap'] });
    assert.deepEqual(text.match(/w\S*pcap/g), ['w\\x1b[31m.pcap', 'w\\x1b[31m.pcap']);
  });

  it('names what was lost once', () => {
    const message = 'x.pcap: The record at byte 24 is cut. The 78 bytes from there on are not read.';
    const damage = [{ file: 'x.pcap', offset: 24, lost: 78, code: 'E_CAPTURE_DAMAGED', message }];
    assert.ok(report(STORY, {}, { damage }).includes(`\n${message}\n`));
  });

  it('names the first of many files and addresses', () => {
    const names = (n: number, of: string) => Array.from({ length: n }, (_, i) => `${of}${i}`);
    const host = { addresses: names(1000, 'h'), macs: [], listen: names(10, 'tcp/'), choice: 'syn' as const };
    const text = report(STORY, {}, { host }, { host, sources: names(300, 'f') });
    assert.deepEqual(text.split('\n').slice(0, 2), [
      'f0 f1 f2 f3 and 296 more  pcap, Ethernet · 4 frames · 2023-11-14 22:13:20 UTC',
      'host h0, h1, h2, h3 and 996 more · listens on tcp/0, tcp/1, tcp/2, tcp/3, tcp/4, tcp/5, tcp/6, tcp/7 and 2 more  (connections are asked of it; another: --host ADDRESS)',
    ]);
  });

  it('has no date where a forged time lies beyond all years', () => {
    assert.match(report(STORY, {}, {}, { t0: 2n ** 94n }), /^x\.pcap {2}pcap, Ethernet · 4 frames\n/);
    assert.match(report(STORY, { frame: 1 }, {}, { t0: 2n ** 94n }), /^#1 {2}72 bytes {2}0\.000000 s\n/);
  });

  it('says which flag shows more', () => {
    const rows = { sockets: Array(20).fill(CONNECTION), socketCount: 20 };
    assert.match(report(MANY, {}, rows), /^ {2}… 8 more: --sockets$/m);
    assert.match(report(MANY, { views: ['sockets'], limit: 5 }, rows), /^ {2}… 15 more: --limit$/m);
  });

  it('leaves a column out in which nothing is told', () => {
    const rows = [LISTENER, CONNECTION].map((row) => ({ ...row, module: '' }));
    const text = report(STORY, { views: ['sockets'] }, { sockets: rows, socketCount: 2 });
    assert.match(text, /Requests {2}Closed by\n/);
  });

  it('counts a request as answered by its final response', () => {
    const answers = new Map([
      [100, 2],
      [200, 1],
    ]);
    assert.match(report(STORY, {}, { requestCount: 3, responses: answers }), /; 3 requests, 1 answered;/);
    const mixed = { requestCount: 3, responses: new Map([[200, 3]]), unsolicited: 2 };
    assert.match(report(STORY, {}, mixed), /; 3 requests, 1 answered;/);
    assert.match(report([delivered], {}, {}), /^the frame was not dropped;/m);
  });

  it('tells under one frame how the captured server answered it otherwise', () => {
    const silent: Told = {
      ...noSocket,
      after(trace) {
        noSocket.after!(trace);
        trace.events!.length = 0;
      },
    };
    const later: Told = {
      ...delivered,
      after(trace) {
        const expected = { proto: 'tcp', flags: 'SA', seq: 0, ack: 1, why: 'tcp_syn_ack' };
        for (const n of [2, 1])
          trace.events!.push({ type: 'divergence', time: trace.time, n, kind: 'missing_reply', expected, captured: null });
      },
    };
    const text = report([silent, answer, later, later], { frame: 1 });
    assert.equal(
      text.slice(text.indexOf('\n\n≠')),
      lines(
        '',
        '',
        '≠ missing_reply',
        '  our host: TCP SA seq 0 ack 1 (tcp_syn_ack); captured: nothing',
        '  A Linux host that listens accepts the connection; the captured server stayed silent.',
        '  → Perhaps its accept queue was full (ss -ltn: Recv-Q above Send-Q; nstat TcpExtListenOverflows), a firewall dropped the SYN, it was lost on the way there (where the capture is not the server’s own), or the capture lacks the answer.',
      ),
    );
    assert.doesNotMatch(report([silent, answer, later], { frame: 1 }, {}, { packets: -1 }), /≠/);
  });

  it('shows what was found out before the first step in the step’s phase', () => {
    const told: Told = { facts: {}, steps: [['http_response_head', 4, 200], 'tcp_observed'] };
    const rows = report([told], { frame: 1 }).split('\n');
    const at = rows.indexOf('Phase 1  tcp');
    assert.deepEqual(
      rows.slice(at - 1, at + 3).map((row) => row.slice(0, 24).trimEnd()),
      ['', 'Phase 1  tcp', '  · A segment of the cap', '  • The captured server'],
    );
  });

  const unsent: readonly (readonly [Step, RegExp])[] = [
    [['ip_no_route_out', 0x0a000009], /No route to 10\.0\.0\.9/],
    [['arp_table_full', 1024], /The neighbour table has 1024 entries/],
  ];
  for (const [step, sentence] of unsent) {
    it(`says under a frame why its answer is not on the wire: ${step[0]}`, () => {
      const told: Told = { ...noSocket, steps: [...noSocket.steps, step] };
      assert.match(report([told], { views: ['frames'] }), sentence);
      assert.doesNotMatch(report([noSocket], { views: ['frames'] }), sentence);
    });
  }

  it('says of a request and a response that they are not whole', () => {
    const told: Told = {
      ...delivered,
      after(trace) {
        const { time } = trace;
        trace.events!.push(
          { type: 'request', time, n: 1, fd: 4, method: 'GET', target: '/a', version: '1.1' },
          { type: 'request', time, n: 1, fd: 4, method: 'GET', target: '/', version: '', cut: true, bad: true },
          {
            type: 'response',
            time,
            n: 1,
            endTime: time,
            endN: 1,
            requestN: 1,
            fd: 4,
            status: 200,
            bodyBytes: 9,
            source: 'captured',
            incomplete: true,
          },
        );
      },
    };
    const rows = report([told], { views: ['frames'] }).split('\n');
    assert.deepEqual(
      rows.filter((row) => row.includes('•')).map((row) => row.trim()),
      ['• fd 4 GET /a HTTP/1.1', '• fd 4 GET / (cut, not HTTP as it should be)', '• fd 4 200 9 bytes (captured, incomplete)'],
    );
  });

  it('says so when there is no frame', () => {
    const host = { addresses: [], macs: [], listen: [], choice: 'none' as const };
    assert.equal(
      report([], {}, { host, lastTime: 0 }, { t0: null, host, linkTypes: [] }),
      lines('x.pcap  pcap · 0 frames', '', 'no frame in the capture'),
    );
  });

  it('says of a script that sent nothing what became of its expectations', () => {
    const said = report([], { views: ['drops'] }, { packets: 0 }, { command: 'run', format: 'script', packets: -1 });
    assert.equal(said.split('\n').at(-2), 'no frame came to the server; nothing was expected');
  });

  it('has only ASCII with --ascii', () => {
    for (const request of [{}, { frame: 3 }, { views: ['ladder', 'paths', 'drops', 'climb'] as const }]) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
      assert.match(report(STORY, { ...request, ascii: true }, { divergences: MISSING }), /^[\x00-\x7f]*$/);
    }
  });

  it('keeps every line within the terminal', () => {
    const words = { src0: 0x20010db8, src1: 0x11112222, src2: 0x33334444, dst0: 0x20010db8, dst1: 0x55556666, dst2: 0x77778888 };
    const longAddresses: Told = {
      facts: { ...noSocket.facts, ...words, family: 6 },
      steps: noSocket.steps,
      after(trace) {
        Object.assign(trace.transmit(D.icmp_port_unreachable), { ...words, family: 6, protocol: 58, icmpType: 1, icmpCode: 4 });
      },
    };
    for (const [story, frame, columns] of [
      [STORY, 0, 72],
      [MANY, 0, 72],
      [[longAddresses], 1, 72],
    ] as const) {
      const request = { frame, stream: { isTTY: true, columns }, env: { NO_COLOR: '1' } };
      for (const line of report(story, request, { divergences: MISSING }).split('\n')) {
        assert.ok(line.length <= columns, `${line.length}: ${line}`);
      }
    }
  });

  it('keeps the reason of a drop where the line is cut', () => {
    const text = report([noSocket], { stream: { isTTY: true, columns: 72 }, env: { NO_COLOR: '1' } });
    assert.match(text, /^ {4}1 .*…? +no_socket$/m);
  });

  it('colours only where that was asked for', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with escape
    const coloured = (env: Record<string, string>) => /\u001b\[/.test(report(STORY, { env }));
    assert.deepEqual([coloured({}), coloured({ FORCE_COLOR: '1' }), coloured({ NO_COLOR: '1' })], [false, true, false]);
  });

  it('tells what a timer gave up on a line of its own', () => {
    const { printer, text } = printing();
    const trace = new Trace();
    trace.begin(30_000_000_000);
    trace.record(D.frag_timeout, 2, 2960, 0xbeef);
    new FrameLines(printer).activity(trace);
    assert.equal(text(), `       30.000000   timer     ip     ${say(['frag_timeout', 2, 2960, 0xbeef])}\n`);
  });

  it('has no line for a timer that did nothing', () => {
    const { printer, text } = printing();
    const trace = new Trace();
    trace.begin(1);
    new FrameLines(printer).activity(trace);
    assert.equal(text(), '');
  });
});

function printing(): { printer: Printer; text: () => string } {
  const { output, text } = memoryOutput();
  return { printer: new Printer(output, plainStyle()), text };
}

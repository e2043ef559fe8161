import type { EffectName } from '../../trace/decision.ts';
import type { HostChoice } from '../../trace/run.ts';
import type { Lang } from '../lang.ts';

/** How a connection came to the module that serves it. */
export type HandOver = 'prestarted' | 'started' | 'reused' | 'waiting';

/** The words around the data, in both languages. Names that people search for (states, reasons, counters) stay as they are. */
export interface Phrases {
  readonly verdict: Readonly<Record<EffectName, string>>;
  readonly choice: Readonly<Record<HostChoice, string>>;
  readonly frames: (n: string, one: boolean) => string;
  readonly over: (span: string) => string;
  readonly host: string;
  readonly noHost: string;
  readonly serves: string;
  readonly profile: string;
  readonly changeHost: string;
  readonly note: string;
  readonly paths: string;
  readonly drops: string;
  readonly sockets: string;
  readonly http: string;
  readonly divergences: string;
  readonly climb: string;
  readonly ladder: string;
  readonly noDrops: string;
  readonly noSockets: string;
  readonly noHttp: string;
  readonly noDivergences: string;
  readonly noFrames: string;
  /** Of a run without a capture. */
  readonly noFramesCame: string;
  readonly more: (n: string, flag: string) => string;
  readonly andMore: (n: string) => string;
  readonly first: string;
  readonly timer: string;
  readonly start: string;
  readonly program: string;
  readonly action: string;
  readonly reason: string;
  readonly kernel: string;
  readonly counter: string;
  readonly rule: string;
  readonly advice: string;
  readonly sends: string;
  /** What somebody has written into the capture about a frame. */
  readonly comment: string;
  readonly phase: string;
  readonly onWire: (wire: string, captured: string) => string;
  readonly dropped: (n: string, of: string, list: string) => string;
  readonly nothingDropped: (of: string, one: boolean) => string;
  readonly requestsAnswered: (requests: string, answered: string) => string;
  readonly noRequests: string;
  readonly diverges: (list: string) => string;
  readonly answersSame: string;
  readonly answersDiffer: (same: string, all: string, list: string) => string;
  readonly noDivergence: string;
  readonly happened: string;
  readonly expectationsMet: (n: string, one: boolean) => string;
  readonly expectationsFailed: (failed: string, of: string) => string;
  readonly noExpectations: string;
  readonly moreFailures: (n: string) => string;
  readonly scriptRan: (expectations: string, frames: string, lasted: string) => string;
  readonly scriptNotRun: string;
  readonly failed: (n: string) => string;
  readonly suite: (scripts: string, failed: string, expectations: string, missed: string) => string;
  readonly damaged: (what: string, lost: string) => string;
  /** What tells a message that is not whole: its end did not come, or was not captured, or it breaks the rules. */
  readonly incomplete: string;
  readonly incompleteNote: string;
  readonly adoptedNote: string;
  readonly goneNote: string;
  readonly macs: (from: string, to: string, vlan: string) => string;
  readonly cut: string;
  readonly bad: string;
  readonly handOver: Readonly<Record<HandOver, string>>;
  readonly busyFor: (span: string) => string;
  readonly busyAtMost: (n: string) => string;
  readonly turnedAway: (n: string) => string;
  readonly noFlags: string;
  readonly ourHost: string;
  readonly ourMac: string;
  readonly unknownMac: string;
  readonly captured: string;
  readonly nothing: string;
  readonly absolute: string;
  readonly inBrackets: (text: string) => string;
  /** Marks between parts of a line. */
  readonly colon: string;
  readonly comma: string;
  readonly semicolon: string;
  readonly frameMissing: (n: string, last: string) => string;
  readonly framesObserved: (n: string) => string;
  readonly bytes: (n: string) => string;
  readonly inOut: (inbound: string, observed: string) => string;
  readonly droppedWord: string;
  readonly climbsOn: string;
  readonly endsHere: string;
  readonly differentPaths: (n: string) => string;
  readonly otherPaths: (n: string) => string;
  readonly expected: string;
  readonly detailHint: (n: string) => string;
}

const en: Phrases = {
  verdict: {
    pass: 'pass',
    deliver: 'deliver',
    consume: 'consume',
    hold: 'hold',
    forward: 'forward',
    drop: 'drop',
    observe: 'observe',
    reply: 'reply',
    event: 'event',
  },
  choice: {
    given: 'given with --host',
    syn_ack: 'it accepts connections',
    answers: 'it answers the others',
    syn: 'connections are asked of it',
    receives: 'most frames go to it',
    port: 'it holds the well-known port',
    asked: 'others ask it, it answers nobody',
    config: 'from the server configuration',
    script: 'from the script',
    none: 'say which: --host ADDRESS',
  },
  frames: (n, one) => `${n} ${one ? 'frame' : 'frames'}`,
  over: (span) => ` over ${span}`,
  host: 'host',
  noHost: 'none found',
  serves: 'listens on',
  profile: 'profile',
  changeHost: 'another: --host ADDRESS',
  note: 'note',
  paths: 'Paths',
  drops: 'Drops',
  sockets: 'Sockets',
  http: 'HTTP',
  divergences: 'Divergences',
  climb: 'Climb',
  ladder: 'Ladder',
  noDrops: 'no frame was dropped',
  noSockets: 'no socket',
  noHttp: 'no HTTP request',
  noDivergences: 'our host would have answered as the captured one did',
  noFrames: 'no frame in the capture',
  noFramesCame: 'no frame came to the server',
  more: (n, flag) => `… ${n} more: ${flag}`,
  andMore: (n) => `and ${n} more`,
  first: 'first',
  timer: 'timer',
  start: 'start',
  program: 'program',
  action: 'Action',
  reason: 'reason',
  kernel: 'kernel',
  counter: 'counter',
  rule: 'rule',
  advice: 'advice',
  sends: 'sends',
  comment: 'Comment',
  phase: 'Phase',
  onWire: (wire, captured) => (wire === captured ? `${wire} bytes` : `${wire} bytes on the wire, ${captured} captured`),
  dropped: (n, of, list) => `${n} of ${of} ${of === '1' ? 'frame' : 'frames'} dropped: ${list}`,
  nothingDropped: (of, one) => (one ? 'the frame was not dropped' : `none of ${of} frames dropped`),
  requestsAnswered: (requests, answered) => `${requests} ${requests === '1' ? 'request' : 'requests'}, ${answered} answered`,
  noRequests: 'no HTTP request',
  diverges: (list) => `divergences: ${list}`,
  answersSame: 'all answers as captured',
  answersDiffer: (same, all, list) => `${same} of ${all} answers as captured, different: ${list}`,
  noDivergence: 'no divergence',
  happened: 'happened',
  expectationsMet: (n, one) => (one ? 'the expectation was met' : `all ${n} expectations were met`),
  expectationsFailed: (failed, of) => `${failed} of ${of} expectations failed`,
  noExpectations: 'nothing was expected',
  moreFailures: (n) => `… and ${n} more ${n === '1' ? 'failure' : 'failures'}`,
  scriptRan: (expectations, frames, lasted) =>
    `${expectations} expected, ${frames} ${frames === '1' ? 'frame' : 'frames'} in ${lasted}`,
  scriptNotRun: 'not run',
  failed: (n) => `${n} failed`,
  suite: (scripts, failed, expectations, missed) =>
    failed === '0'
      ? `${scripts} ${scripts === '1' ? 'script' : 'scripts'}, all passed; ${expectations} ${expectations === '1' ? 'expectation' : 'expectations'}`
      : `${failed} of ${scripts} scripts failed; ${missed} of ${expectations} expectations`,
  damaged: (what, lost) => `${what}${lost === '' ? '' : ` ${lost} lost.`}`,
  incomplete: 'incomplete',
  incompleteNote: 'incomplete: its last byte did not come, or was not captured',
  adoptedNote: 'its beginning was not captured: followed from mid-stream',
  goneNote: '(STATE): the socket is gone, and this was its last state',
  macs: (from, to, vlan) => `MAC ${from} > ${to}${vlan === '' ? '' : `, VLAN ${vlan}`}`,
  cut: 'cut',
  bad: 'not HTTP as it should be',
  handOver: { prestarted: 'pre-started', started: 'started', reused: 'started earlier', waiting: 'waiting module' },
  busyFor: (span) => `busy for ${span}`,
  busyAtMost: (n) => `${n} busy at most`,
  turnedAway: (n) => `${n} turned away`,
  noFlags: 'no flags',
  ourHost: 'our host',
  ourMac: 'our MAC',
  unknownMac: 'a MAC that is not known',
  captured: 'captured',
  nothing: 'nothing',
  absolute: '(absolute)',
  inBrackets: (text) => `(${text})`,
  colon: ': ',
  comma: ', ',
  semicolon: '; ',
  frameMissing: (n, last) => `there is no frame ${n}: the last one is ${last}`,
  framesObserved: (n) => `${n} more ${n === '1' ? 'frame' : 'frames'} came from the host’s side: observed, not climbed`,
  bytes: (n) => `${n} ${n === '1' ? 'byte' : 'bytes'}`,
  inOut: (inbound, observed) => `${inbound} to the host, ${observed} from it`,
  droppedWord: 'dropped',
  climbsOn: 'climbs on',
  endsHere: 'ends here',
  differentPaths: (n) => `${n} different; a layer that did as in the first one is only named`,
  otherPaths: (n) => `${n} ${n === '1' ? 'frame' : 'frames'} on further paths`,
  expected: 'expected',
  detailHint: (n) => `one frame in detail: --frame ${n}`,
};

const zh: Phrases = {
  verdict: {
    pass: '通过',
    deliver: '交付',
    consume: '处理',
    hold: '暂存',
    forward: '转发',
    drop: '丢弃',
    observe: '旁观',
    reply: '应答',
    event: '事件',
  },
  choice: {
    given: '由 --host 指定',
    syn_ack: '它接受连接',
    answers: '它应答其他主机',
    syn: '有连接请求发往它',
    receives: '多数帧发往它',
    port: '它使用熟知端口',
    asked: '其他主机向它询问，但它没有应答',
    config: '来自服务器配置',
    script: '来自脚本',
    none: '请指定：--host 地址',
  },
  frames: (n) => `${n} 个帧`,
  over: (span) => `，历时 ${span}`,
  host: '主机',
  noHost: '未找到',
  serves: '监听',
  profile: '规则集',
  changeHost: '另选：--host 地址',
  note: '注意',
  paths: '路径',
  drops: '丢弃',
  sockets: '套接字',
  http: 'HTTP',
  divergences: '分歧',
  climb: '攀升',
  ladder: '时序',
  noDrops: '没有帧被丢弃',
  noSockets: '没有套接字',
  noHttp: '没有 HTTP 请求',
  noDivergences: '我们的主机会与抓包中的主机同样应答',
  noFrames: '抓包中没有帧',
  noFramesCame: '没有帧到达服务器',
  more: (n, flag) => `… 还有 ${n} 项：${flag}`,
  andMore: (n) => `等另外 ${n} 个`,
  first: '首个',
  timer: '定时器',
  start: '启动',
  program: '程序',
  action: '结果',
  reason: '原因',
  kernel: '内核',
  counter: '计数器',
  rule: '规则',
  advice: '建议',
  sends: '发送',
  comment: '注释',
  phase: '阶段',
  onWire: (wire, captured) => (wire === captured ? `${wire} 字节` : `线上 ${wire} 字节，抓到 ${captured} 字节`),
  dropped: (n, of, list) => `${of} 个帧中有 ${n} 个被丢弃：${list}`,
  nothingDropped: (of) => `${of} 个帧均未丢弃`,
  requestsAnswered: (requests, answered) => `${requests} 个请求，${answered} 个已应答`,
  noRequests: '没有 HTTP 请求',
  diverges: (list) => `分歧：${list}`,
  answersSame: '所有应答与抓到的相同',
  answersDiffer: (same, all, list) => `${all} 个应答中 ${same} 个与抓到的相同，不同：${list}`,
  noDivergence: '没有分歧',
  happened: '实际',
  expectationsMet: (n) => `${n} 项期望全部满足`,
  expectationsFailed: (failed, of) => `${of} 项期望中 ${failed} 项未满足`,
  noExpectations: '没有期望',
  moreFailures: (n) => `… 还有 ${n} 项未满足`,
  scriptRan: (expectations, frames, lasted) => `${expectations} 项期望，${frames} 个帧，历时 ${lasted}`,
  scriptNotRun: '未运行',
  failed: (n) => `${n} 项未满足`,
  suite: (scripts, failed, expectations, missed) =>
    failed === '0'
      ? `${scripts} 个脚本全部通过；${expectations} 项期望`
      : `${scripts} 个脚本中 ${failed} 个失败；${expectations} 项期望中 ${missed} 项未满足`,
  damaged: (what, lost) => `${what}${lost === '' ? '' : `（丢失 ${lost}）`}`,
  incomplete: '不完整',
  incompleteNote: '不完整：最后的字节没有到来，或没有抓到',
  adoptedNote: '其开头未被抓到：从中途跟踪',
  goneNote: '(STATE)：套接字已不存在，这是它最后的状态',
  macs: (from, to, vlan) => `MAC ${from} > ${to}${vlan === '' ? '' : `，VLAN ${vlan}`}`,
  cut: '被截断',
  bad: '不合 HTTP 规则',
  handOver: { prestarted: '预先启动', started: '临时启动', reused: '早先启动', waiting: '等待模块' },
  busyFor: (span) => `占用 ${span}`,
  busyAtMost: (n) => `同时最多 ${n} 个在忙`,
  turnedAway: (n) => `谢绝 ${n} 个连接`,
  noFlags: '无标志',
  ourHost: '我们的主机',
  ourMac: '本机 MAC',
  unknownMac: '未知的 MAC',
  captured: '抓包',
  nothing: '无',
  absolute: '（绝对序号）',
  inBrackets: (text) => `（${text}）`,
  colon: '：',
  comma: '，',
  semicolon: '；',
  frameMissing: (n, last) => `没有第 ${n} 帧：最后一帧是 ${last}`,
  framesObserved: (n) => `另有 ${n} 个帧来自主机一侧：只旁观，不攀升`,
  bytes: (n) => `${n} 字节`,
  inOut: (inbound, observed) => `${inbound} 个发往主机，${observed} 个由它发出`,
  droppedWord: '丢弃',
  climbsOn: '继续攀升',
  endsHere: '到此为止',
  differentPaths: (n) => `${n} 条不同的路径；某层若与第一条相同，只写层名`,
  otherPaths: (n) => `另有 ${n} 个帧走其他路径`,
  expected: '预期',
  detailHint: (n) => `查看单个帧：--frame ${n}`,
};

export const PHRASES: Readonly<Record<Lang, Phrases>> = { en, zh };

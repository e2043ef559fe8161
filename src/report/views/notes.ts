import type { Note, NoteCode } from '../../trace/run.ts';
import type { Lang } from '../lang.ts';
import { grouped, tame } from '../words/layout.ts';

type Words = Readonly<Record<Lang, (count: string, text: string, one: boolean, others: string) => string>>;

const NOTES: Readonly<Record<NoteCode, Words>> = {
  offload: {
    en: (n, _, one) => `${n} ${one ? 'checksum was' : 'checksums were'} left to the network card (offload): not called bad`,
    zh: (n) => `有 ${n} 个校验和留给网卡填写（卸载）：不算错误`,
  },
  snaplen: {
    en: (n, _, one) => `${n} ${one ? 'frame is' : 'frames are'} cut by the snaplen: what needs the missing bytes is not checked`,
    zh: (n) => `有 ${n} 个帧被抓包长度截断：需要缺失字节的检查略过`,
  },
  fcs_present: {
    en: (n, _, one) => `${n} ${one ? 'received frame carries its' : 'received frames carry their'} FCS`,
    zh: (n) => `收到的帧中有 ${n} 个带有 FCS`,
  },
  adopted: {
    en: (n, _, one) => `${n} ${one ? 'connection' : 'connections'} whose beginning was not captured: followed from mid-stream`,
    zh: (n) => `有 ${n} 个连接的开头未被抓到：从中途跟踪`,
  },
  learning: {
    en: () => 'a pipe cannot be read ahead: the host and its ports are learnt as frames come',
    zh: () => '管道无法预读：主机及其端口随帧的到来而得知',
  },
  unknown_link: {
    en: (n, text, one) => `${n} ${one ? 'frame is' : 'frames are'} of a link type that rxpath does not climb: ${text}`,
    zh: (n, text) => `有 ${n} 个帧的链路类型 rxpath 不处理：${text}`,
  },
  clock_backwards: {
    en: (n, _, one) => `the capture's clock went backwards: ${n} ${one ? 'frame is' : 'frames are'} earlier than one before`,
    zh: (n) => `抓包时钟曾倒退：有 ${n} 个帧早于在它之前的帧`,
  },
  no_host: {
    en: () => 'nobody in this capture accepts a connection or answers: there is no host to climb to',
    zh: () => '抓包中没有谁接受连接或应答：没有可攀升的主机',
  },
  absent_host: {
    en: (_, text, __, others) =>
      `no frame comes from ${text} or goes there; the capture is about ${others === '' ? 'no IP host' : others}`,
    zh: (_, text, __, others) => `没有任何帧来自或发往 ${text}；${others === '' ? '抓包中没有 IP 主机' : `抓包中有 ${others}`}`,
  },
  silent_addresses: {
    en: (n, text, one) =>
      `${n} ${one ? 'address was' : 'addresses were'} asked for connections and never sent a frame: ${text}. To climb its frames: --host ADDRESS`,
    zh: (n, text) => `有 ${n} 个地址收到连接请求却从未发出任何帧：${text}。要分析其帧：--host 地址`,
  },
  copies_routed: {
    en: (n, _, one) =>
      `${n} TCP ${one ? 'segment is' : 'segments are'} here twice, with another TTL or MAC: captured on both sides of a router. What comes twice counts twice: as a retransmission, or, where addresses were translated, as another connection`,
    zh: (n) =>
      `有 ${n} 个 TCP 报文段出现两次，TTL 或 MAC 不同：在路由器两侧抓取。重复的会计两次：视为重传，若经过地址转换则视为另一个连接`,
  },
  copies_same: {
    en: (n, _, one) =>
      `${n} TCP ${one ? 'segment is' : 'segments are'} here twice, byte for byte: captured coming and going, as on a mirror port or a loopback interface. What comes twice counts twice, as a retransmission`,
    zh: (n) => `有 ${n} 个 TCP 报文段逐字节重复出现：进出时各抓到一次，如镜像端口或环回接口。重复的会像重传一样计两次`,
  },
  given_twice: {
    en: (_, text) => `${text} was named more than once: everything in it counts as often`,
    zh: (_, text) => `${text} 被多次指定：其中的一切也按次数计算`,
  },
  not_opened: {
    en: (_, text, __, error) =>
      `a socket of the program could not be opened: ${text}, ${error === 'EADDRINUSE' ? 'in use already' : 'not an address of this host'} (${error})`,
    zh: (_, text, __, error) =>
      `程序有一个套接字未能打开：${text}，${error === 'EADDRINUSE' ? '端口已被占用' : '不是本机的地址'}（${error}）`,
  },
  no_server_frames: {
    en: () => 'the host sends nothing in this capture: its answers cannot be compared',
    zh: () => '抓包中没有该主机发出的帧：无法比较它的应答',
  },
  no_client_frames: {
    en: () => 'no frame to the host is in this capture: there is nothing to climb (one direction only was captured)',
    zh: () => '抓包中没有发往该主机的帧：没有可攀升的帧（只抓了一个方向）',
  },
  gaps: {
    en: (n, _, one) =>
      `the capture seems to lack frames: ${n} ${one ? 'time' : 'times'} an end acknowledged bytes that had not been captured`,
    zh: (n) => `抓包似乎缺少帧：有 ${n} 次某一端确认了未被抓到的字节`,
  },
  turned_back: {
    en: (n, _, one) =>
      `routers on the way turned back ${n} ${one ? 'packet' : 'packets'} (ICMP errors): those to the host climb here all the same`,
    zh: (n) => `途中的路由器退回了 ${n} 个报文（ICMP 差错）：其中发往本主机的在此仍照样攀升`,
  },
  sockets_limited: {
    en: (n) => `the table of sockets holds the first ${n}`,
    zh: (n) => `套接字表只保留前 ${n} 个`,
  },
  exchanges_limited: {
    en: (n) => `the table of requests holds the first ${n}`,
    zh: (n) => `请求表只保留前 ${n} 个`,
  },
  comparison_limited: {
    en: (n) => `more requests were under way at one time than can be kept: ${n} of them were compared`,
    zh: (n) => `同时进行的请求多于可保留的数量：只比较了其中 ${n} 个`,
  },
  flows_limited: {
    en: (n) => `more than ${n} connections at the same time: the oldest idle ones were let go`,
    zh: (n) => `同时存在的连接超过 ${n} 个：最久未活动的被放弃`,
  },
  cross_check_same: {
    en: (n, file, one) => `pcap-parser read the same ${n} ${one ? 'record' : 'records'}${file === '' ? '' : ` of ${file}`}`,
    zh: (n, file) => `pcap-parser ${file === '' ? '' : `从 ${file} `}读到相同的 ${n} 条记录`,
  },
  cross_check_differs: {
    en: (n, text, one) => `pcap-parser differs on ${n} ${one ? 'record' : 'records'}: ${text}`,
    zh: (n, text) => `pcap-parser 有 ${n} 条记录不一致：${text}`,
  },
  cross_check_unable: {
    en: (_, text) => `pcap-parser cannot read this capture: ${text}`,
    zh: (_, text) => `pcap-parser 无法读取此抓包：${text}`,
  },
  replay_host: {
    en: (_, text) => `frames to the captured server are sent to ours: ${text}`,
    zh: (_, text) => `发往抓包中的服务器的帧改发给我们的主机：${text}`,
  },
  replay_ports: {
    en: (_, text) => `the clients ask for ${text}, where nothing of ours listens`,
    zh: (_, text) => `客户端请求 ${text}，而我们的主机没有在那里监听`,
  },
  replay_midstream: {
    en: (n, _, one) =>
      `${n} ${one ? 'connection' : 'connections'} began before the capture: our host knows nothing of ${one ? 'it' : 'them'}`,
    zh: (n) => `有 ${n} 个连接在抓包之前就已开始：我们的主机对其一无所知`,
  },
  replay_acks: {
    en: (n, _, one) =>
      `${n} ACK ${one ? 'number was' : 'numbers were'} changed, because our answers are longer or shorter than the captured ones`,
    zh: (n) => `有 ${n} 个 ACK 号被改写，因为我们的应答比抓到的更长或更短`,
  },
  replay_completed: {
    en: (n, _, one) =>
      `${n} ${one ? 'checksum' : 'checksums'} that the sender left to its card, or that said nothing, ${one ? 'was' : 'were'} filled in`,
    zh: (n) => `有 ${n} 个留给网卡填写或无意义的校验和已补全`,
  },
  replay_padded: {
    en: (n, _, one) => `${n} ${one ? 'frame is' : 'frames are'} cut by the snaplen: zeros stand for the missing bytes`,
    zh: (n) => `有 ${n} 个帧被抓包长度截断：缺失字节以零代替`,
  },
  replay_relinked: {
    en: (n, _, one) => `${n} ${one ? 'frame was' : 'frames were'} captured without an Ethernet header, and got one`,
    zh: (n) => `有 ${n} 个帧抓取时没有以太网首部，已补上`,
  },
  replay_unsent: {
    en: (n, _, one) =>
      `${n} ${one ? 'connection' : 'connections'} of ours had more to send than the captured client acknowledged`,
    zh: (n) => `我们的 ${n} 个连接要发送的数据多于抓包中的客户端所确认的`,
  },
  replay_after: {
    en: (_, text) => `after the last frame our host's timers went on for ${text}`,
    zh: (_, text) => `最后一帧之后，我们主机的定时器又运行了 ${text}`,
  },
  live_unsent: {
    en: (n, text, one) =>
      `${n} ${one ? 'frame' : 'frames'} of our host ${one ? 'was' : 'were'} lost: ${text} was down, or took no more`,
    zh: (n, text) => `我们的主机有 ${n} 个帧丢失：${text} 未启用，或不再接收`,
  },
  live_missed: {
    en: (n, text, one) =>
      `${n} ${one ? 'frame' : 'frames'} sent to our host did not reach it: rxpath did not take them from ${text} quickly enough`,
    zh: (n, text) => `有 ${n} 个发给我们主机的帧没有到达：rxpath 未能及时从 ${text} 取走`,
  },
  other: { en: (_, text) => text, zh: (_, text) => text },
};

export function noteText(note: Note, lang: Lang): string {
  const count = note.count ?? 0;
  return NOTES[note.code][lang](grouped(count), tame(note.text ?? ''), count === 1, tame(note.others ?? ''));
}

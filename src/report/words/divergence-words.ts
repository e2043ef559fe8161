import type { DivergenceEvent, SentSummary } from '../../trace/events.ts';
import { IcmpType } from '../../wire/icmp.ts';
import { isIcmpv6Error } from '../../wire/icmpv6.ts';
import type { Lang } from '../lang.ts';

/** What a divergence means, and what to look at, in one sentence each. */
interface Words {
  readonly meaning: string;
  readonly advice: string;
}

const REFUSED: Readonly<Record<Lang, Words>> = {
  en: {
    meaning: 'A Linux host refuses this with a reset or an ICMP error; the captured server stayed silent.',
    advice: 'A firewall that drops without a word (DROP, not REJECT) looks like this.',
  },
  zh: {
    meaning: 'Linux 主机会以 RST 或 ICMP 错误拒绝；抓包中的服务器没有回应。',
    advice: '防火墙静默丢弃（DROP 而非 REJECT）就是这样。',
  },
};
const NOT_ACCEPTED: Readonly<Record<Lang, Words>> = {
  en: {
    meaning: 'A Linux host that listens accepts the connection; the captured server stayed silent.',
    advice:
      'Perhaps its accept queue was full (ss -ltn: Recv-Q above Send-Q; nstat TcpExtListenOverflows), a firewall dropped the SYN, it was lost on the way there (where the capture is not the server’s own), or the capture lacks the answer.',
  },
  zh: {
    meaning: '正在监听的 Linux 主机会接受连接；抓包中的服务器没有回应。',
    advice:
      '可能是它的接受队列已满（ss -ltn：Recv-Q 大于 Send-Q；nstat TcpExtListenOverflows），或防火墙丢弃了 SYN，或 SYN 在途中丢失（若不是在服务器上抓包），或应答未被抓到。',
  },
};

const TURNED_AWAY: Readonly<Record<Lang, Words>> = {
  en: {
    meaning: 'The captured host turned this away with an ICMP error, where its TCP or UDP would have answered otherwise.',
    advice: 'A firewall on it rejects (REJECT): look there (nft list ruleset, iptables -L -v -n).',
  },
  zh: {
    meaning: '抓包中的主机以 ICMP 错误拒绝，而其 TCP 或 UDP 本会作出不同的应答。',
    advice: '其防火墙在拒绝（REJECT）：请检查（nft list ruleset、iptables -L -v -n）。',
  },
};

/** By the kind of divergence. */
export const KIND_WORDS: Readonly<Record<string, Readonly<Record<Lang, Words>>>> = {
  missing_reply: {
    en: {
      meaning: 'A Linux host answers this; the captured server did not within a second.',
      advice: 'Perhaps it did not get the frame (lost, or dropped by a firewall), was too busy, or the capture lacks the answer.',
    },
    zh: {
      meaning: 'Linux 主机会应答；抓包中的服务器一秒内没有应答。',
      advice: '可能它没有收到该帧（丢失或被防火墙丢弃），或过于繁忙，或应答未被抓到。',
    },
  },
  reset_instead: {
    en: {
      meaning: 'A Linux host that listens accepts the connection; the captured server reset it.',
      advice: 'Perhaps nothing listened at that moment, tcp_abort_on_overflow met a full accept queue, or a firewall rejects.',
    },
    zh: {
      meaning: '正在监听的 Linux 主机会接受连接；抓包中的服务器将其重置。',
      advice: '可能当时无人监听，或接受队列已满且 tcp_abort_on_overflow 开启，或防火墙拒绝。',
    },
  },
  different_ack: {
    en: {
      meaning: 'The captured server acknowledged other bytes than a Linux host does.',
      advice: 'It got frames that the capture lacks, or not those that it holds: where on the way was the capture taken?',
    },
    zh: {
      meaning: '抓包中的服务器所确认的字节与 Linux 主机不同。',
      advice: '它收到了抓包中没有的帧，或没有收到抓包中的帧：抓包是在路径的何处进行的？',
    },
  },
  unexpected_reply: {
    en: {
      meaning: 'The captured server answered what our host passes over or refuses.',
      advice: 'Other settings, a middlebox that answers in its place, or another system than Linux.',
    },
    zh: { meaning: '抓包中的服务器应答了我们的主机会忽略或拒绝的帧。', advice: '设置不同，或中间设备代为应答，或它不是 Linux。' },
  },
  accepted_more: {
    en: {
      meaning: 'The captured server took bytes that our host did not.',
      advice: 'The frames that brought them are not in the capture, or were damaged only on the way to it.',
    },
    zh: { meaning: '抓包中的服务器收下了我们的主机没有收下的字节。', advice: '带来这些字节的帧未被抓到，或仅在抓包途中损坏。' },
  },
};

/** What there is to say of a kind of divergence; null for a kind without words. */
export function divergenceWords({ kind, expected, captured }: DivergenceEvent, lang: Lang): Words | null {
  const isTurnedAway = kind === 'unexpected_reply' && expected !== null && captured?.type !== undefined;
  if (isTurnedAway && isRefusal(captured)) return TURNED_AWAY[lang];
  if (kind === 'missing_reply' && expected !== null) {
    if (expected.flags === 'SA') return NOT_ACCEPTED[lang];
    if (isRefusal(expected)) return REFUSED[lang];
  }
  return KIND_WORDS[kind]?.[lang] ?? null;
}

const REFUSALS4: ReadonlySet<number> = new Set([
  IcmpType.destinationUnreachable,
  IcmpType.timeExceeded,
  IcmpType.parameterProblem,
]);

function isRefusal({ flags, type, proto }: SentSummary): boolean {
  if (flags !== undefined) return flags.includes('R');
  return type !== undefined && (proto === 'icmpv6' ? isIcmpv6Error(type) : REFUSALS4.has(type));
}

import { decisions } from '../decision.ts';

const LINE_ADVICE = {
  advice: 'Too much noise or too little signal: look at the cable, its length, its connectors, and what lies beside it.',
  adviceZh: '噪声过大或信号过弱：检查线缆、长度、接头以及旁边的干扰源。',
} as const;

/** The line: is there a signal, can the clock be recovered from it, and where do the octets begin? */
export const phy = decisions({
  phy_signal_found: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §14.2.1.3.2',
    en: 'After {a:ns} of silence a signal rises above the squelch level.',
    zh: '静默 {a:ns} 后，信号超过静噪门限。',
  },
  phy_preamble_locked: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §3.2.1, §7.3.1.1',
    en: 'Locked to the preamble after {a} bit{a:s}: the transitions in the middle of the bits give the clock.',
    zh: '在 {a} 比特后锁定前导码：由比特中间的跳变恢复时钟。',
  },
  phy_sfd_found: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §3.2.2',
    en: 'Start of frame delimiter found: the frame begins after bit {a}.',
    zh: '找到帧起始定界符：帧从第 {a} 比特之后开始。',
  },
  phy_code_violation: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §7.3.1.1',
    en: '{a} of {b} bits had no clear transition in the middle: they were decided all the same, nothing is corrected here.',
    zh: '{b} 比特中有 {a} 个在中间没有明显跳变：仍然作出判决，此处不纠错。',
  },
  phy_dribble: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §4.2.4.2.1',
    en: '{a} bit{a:s} behind the last whole octet: cut off.',
    zh: '最后一个完整字节之后还有 {a} 比特：截去。',
  },
  phy_frame_received: {
    layer: 'phy',
    effect: 'pass',
    clause: 'IEEE 802.3 §14.2.1',
    en: '{a} octets go to the card; the sender’s clock is off ours by {b} ppm.',
    zh: '{a} 字节交给网卡；发送方时钟与本机相差 {b} ppm。',
  },
  phy_no_signal: {
    layer: 'phy',
    effect: 'drop',
    reason: 'phy_no_signal',
    clause: 'IEEE 802.3 §14.2.1.3.2',
    en: 'In {a:ns} of listening nothing rose above the squelch level.',
    zh: '监听 {a:ns}，没有信号超过静噪门限。',
    ...LINE_ADVICE,
  },
  phy_no_lock: {
    layer: 'phy',
    effect: 'drop',
    reason: 'phy_no_preamble',
    clause: 'IEEE 802.3 §3.2.1',
    en: 'There is a signal, but no preamble that the clock could be recovered from.',
    zh: '有信号，但没有可用于恢复时钟的前导码。',
    ...LINE_ADVICE,
  },
  phy_sfd_lost: {
    layer: 'phy',
    effect: 'drop',
    reason: 'phy_sfd_lost',
    clause: 'IEEE 802.3 §3.2.2',
    en: 'No start of frame delimiter among {a} bits after the lock: noise has changed it, and the frame is lost.',
    zh: '锁定后的 {a} 比特中没有帧起始定界符：被噪声破坏，该帧丢失。',
    ...LINE_ADVICE,
  },
  phy_carrier_short: {
    layer: 'phy',
    effect: 'drop',
    reason: 'phy_carrier_short',
    clause: 'IEEE 802.3 §4.2.4.2.2, §30.4.3.1.9',
    en: 'The carrier ended {a} bit{a:s} after the lock, before a frame could begin: a fragment.',
    zh: '锁定后 {a} 比特载波就结束了，帧尚未开始：是碎片。',
    advice: 'What a collision or a sender that was cut off leaves behind: look for a duplex mismatch.',
    adviceZh: '冲突或中断的发送留下的碎片：检查双工是否匹配。',
  },
});

/** Words that formats of value slots put for a number; `N` stands for any number where only the catalogue is shown. */
interface FormatWords {
  readonly descriptor: (fd: number | 'N') => string;
  readonly noDescriptor: string;
  readonly data: (bytes: number | 'N') => string;
  readonly noData: string;
  /** What is sent again: bytes, or a FIN without any. */
  readonly resent: (bytes: number | 'N') => string;
  readonly scale: (shift: number | 'N') => string;
  readonly noScale: string;
  /** Why an ICMP error is not sent, by `ErrorSilence` number. */
  readonly silence: readonly string[];
  readonly someSilence: string;
}

export const FORMAT_WORDS: { readonly en: FormatWords; readonly zh: FormatWords } = {
  en: {
    descriptor: (fd) => `descriptor ${fd}`,
    noDescriptor: 'no descriptor yet',
    data: (bytes) => `${bytes} byte${bytes === 1 ? '' : 's'} of data`,
    noData: 'no data',
    resent: (bytes) => (bytes === 0 ? 'The FIN' : `${bytes} byte${bytes === 1 ? '' : 's'}`),
    scale: (shift) => `window scale ${shift}`,
    noScale: 'no window scaling',
    silence: [
      'no reason',
      'the frame was for a group',
      'the packet was for a group',
      'it would be about a fragment behind the first',
      'it would be about an error',
      'enough of them were sent this second',
      'the peer has been sent enough of them',
      'the packet’s source is no single host',
    ],
    someSilence: 'REASON',
  },
  zh: {
    descriptor: (fd) => `描述符 ${fd}`,
    noDescriptor: '尚无描述符',
    data: (bytes) => `${bytes} 字节数据`,
    noData: '无数据',
    resent: (bytes) => (bytes === 0 ? 'FIN' : `${bytes} 字节`),
    scale: (shift) => `窗口扩大 ${shift}`,
    noScale: '无窗口扩大',
    silence: [
      '无原因',
      '帧发往组地址',
      '报文发往组地址',
      '它针对的是后续分片',
      '它针对的是差错报文',
      '本秒已发送足够多',
      '已向该对端发送足够多',
      '报文的源不是单个主机',
    ],
    someSilence: '原因',
  },
};

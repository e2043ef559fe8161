/** What a file says of the way that a frame went, seen from the machine that captured it. */
export const FrameDirection = { unsaid: 0, inbound: 1, outbound: 2 } as const;

export const NO_COMMENTS: readonly string[] = [];

/** One frame: a byte range of a buffer and what the capture (or the script) says about it. Readers reuse one object per walk. */
export class Frame {
  /** Holds the frame from `start` to `end`; valid until the reader is asked for more bytes. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  /** One past the last captured byte, a trailing FCS included. */
  end = 0;
  /** Nanoseconds since the first frame of the trace: an integer, negative where the capture's clock went backwards. */
  time = 0;
  /** Length on the wire in bytes; greater than `end - start` where the snaplen cut the frame. */
  wireLength = 0;
  /** LINKTYPE_ number, see link.ts. */
  linkType = 1;
  /** Bytes of FCS at the end of the frame: 0 none, -1 the file does not say. */
  fcsLength = -1;
  /** Counts from 1, as Wireshark does, over all files of the trace. */
  number = 0;
  /** A `FrameDirection` number (epb_flags; the packet type of SLL is not looked at here). */
  direction: number = FrameDirection.unsaid;
  /** pcapng interface within its section; 0 in classic pcap. */
  interfaceId = 0;
  /** epb_flags bits 16-31: link-layer errors the card saw (bit 8 here: CRC error); 0 where there are none. */
  linkErrors = 0;
  /** What somebody has written into the capture about it (pcapng's opt_comment). */
  comments: readonly string[] = NO_COMMENTS;
}

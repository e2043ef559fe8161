import { Readable } from 'node:stream';
import type { ParsedPacket } from 'pcap-parser';

/** What the second reader is fed at once: it appends each piece to what is left of the one before. */
const PIECE_BYTES = 1 << 16;

/** Records as the second reader sees them. */
export interface SecondReading {
  /** Gives the records of some more bytes, or null at the end. */
  more(): Promise<ParsedPacket[] | null>;
  /** Why it stopped, in its own words; null where it did not. */
  readonly refusal: string | null;
}

/** Gives the bytes of the input in order: how many it has put at the beginning of `into`, 0 at the end. */
export type Feed = (into: Uint8Array) => Promise<number>;

/** Opens a second reader on these bytes. */
export type OpenSecond = (feed: Feed) => Promise<SecondReading>;

/** Reads with the npm package pcap-parser, loaded now, held to one piece at a time: it has no pace of its own. */
export async function secondReading(feed: Feed): Promise<SecondReading> {
  const { default: pcapParser } = await import('pcap-parser');
  const stream = new Readable({ read() {} });
  const parser = pcapParser.parse(stream);
  let found: ParsedPacket[] = [];
  let refusal: string | null = null;
  let eaten: () => void = () => {};
  parser.on('packet', (packet) => found.push(packet));
  parser.on('error', (error) => {
    refusal = error.message;
    eaten();
  });
  // After the parser's own listener, so that a piece's records are all there.
  stream.on('data', () => eaten());
  return {
    get refusal() {
      return refusal;
    },
    async more() {
      if (refusal !== null) return null;
      const piece = Buffer.alloc(PIECE_BYTES);
      const length = await feed(piece);
      if (length === 0) return null;
      await new Promise<void>((resolve) => {
        eaten = resolve;
        stream.push(piece.subarray(0, length));
      });
      const records = found;
      found = [];
      return refusal === null ? records : null;
    },
  };
}

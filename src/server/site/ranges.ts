import parseRange from 'range-parser';

/** A part of a representation (RFC 9110 §14.1.2). */
export interface Range {
  /** Offsets of the first and the last byte. */
  readonly start: number;
  readonly end: number;
}

/** More parts than this are nobody's download (RFC 9110 §17.15). */
const MOST_RANGES = 16;

/**
 * The parts that a Range field asks for, overlapping ones joined (RFC 9110 §14.2): `ignore` where it is to be passed over, `none` where
 * nothing of it lies within the `size` bytes there are.
 */
export function rangesOf(field: string, size: number): readonly Range[] | 'ignore' | 'none' {
  if (size === 0 || !/^bytes=/i.test(field) || field.split(',').length > MOST_RANGES) return 'ignore';
  const ranges = parseRange(size, withSuffixesInside(field, size), { combine: true });
  if (ranges === -2) return 'ignore';
  return ranges === -1 ? 'none' : ranges;
}

/** The last 900 of 500 bytes are all 500: the library would find none (RFC 9110 §14.1.2). */
function withSuffixesInside(field: string, size: number): string {
  return field.replace(/([=,]\s*-)(\d+)/g, (_, before: string, digits: string) => `${before}${Math.min(Number(digits), size)}`);
}

/** A body of several parts, each with its place in the whole, and the boundary between them (RFC 9110 §14.6). */
export function multipart(
  bytes: Uint8Array,
  ranges: readonly Range[],
  contentType: string,
): { body: Uint8Array; boundary: string } {
  const boundary = boundaryFor(bytes);
  const parts: Uint8Array[] = [];
  for (const { start, end } of ranges) {
    const head = `\r\n--${boundary}\r\nContent-Type: ${contentType}\r\nContent-Range: bytes ${start}-${end}/${bytes.length}\r\n\r\n`;
    parts.push(Buffer.from(head, 'latin1'), bytes.subarray(start, end + 1));
  }
  parts.push(Buffer.from(`\r\n--${boundary}--\r\n`));
  return { body: Buffer.concat(parts), boundary };
}

/** One that the content does not hold: the same for the same content. */
function boundaryFor(bytes: Uint8Array): string {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let number = 0;
  while (content.includes(`--rxpath-part-${number}`)) number++;
  return `rxpath-part-${number}`;
}

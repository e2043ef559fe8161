const POLYNOMIAL = 0x82f6_3b78;
const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  return table;
}

/** CRC-32C of the range (Castagnoli, reflected; RFC 9260 appendix A), unsigned; bytes from `zeroFrom` to `zeroTo` count as zero. */
export function crc32c(bytes: Uint8Array, start: number, end: number, zeroFrom = end, zeroTo = end): number {
  let crc = -1;
  for (let at = start; at < end; at++) {
    const byte = at >= zeroFrom && at < zeroTo ? 0 : bytes[at]!;
    crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 0xff]!;
  }
  return ~crc >>> 0;
}

import { NO_BYTES } from './bytes.ts';

// The two buffers met last: usually the capture's and the one the host sends from.
let bytesA: Uint8Array = NO_BYTES;
let viewA = new DataView(NO_BYTES.buffer);
let bytesB: Uint8Array = NO_BYTES;
let viewB = viewA;

/** A view of the bytes, by the same offsets, that reads words; made once for a buffer that is used again. */
export function viewOf(bytes: Uint8Array): DataView {
  if (bytes === bytesA) return viewA;
  const bytesOld = bytesA;
  const viewOld = viewA;
  if (bytes === bytesB) {
    bytesA = bytesB;
    viewA = viewB;
  } else {
    bytesA = bytes;
    viewA = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  bytesB = bytesOld;
  viewB = viewOld;
  return viewA;
}

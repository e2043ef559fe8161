import { shownName } from './error.ts';

interface Lookalike {
  /** First bytes, as Latin-1 text. */
  readonly start: string;
  readonly at?: number;
  readonly what: string;
  /** What to do; `FILE` stands for the path. */
  readonly next: string;
}

const CONVERT = 'Convert it with `editcap -F pcapng FILE out.pcapng`.';

const LOOKALIKES: readonly Lookalike[] = [
  { start: '\xfd7zXZ\0', what: 'xz', next: 'Unpack it: `xz -dc FILE | rxpath analyze -`.' },
  { start: '\x28\xb5\x2f\xfd', what: 'Zstandard', next: 'Unpack it: `zstd -dc FILE | rxpath analyze -`.' },
  { start: '\x04\x22\x4d\x18', what: 'LZ4', next: 'Unpack it: `lz4 -dc FILE | rxpath analyze -`.' },
  { start: '\x1f\x8b', what: 'gzip within gzip', next: 'Unpack it once: `gzip -dc < FILE | rxpath analyze -`.' },
  { start: 'BZh', what: 'bzip2', next: 'Unpack it: `bzip2 -dc FILE | rxpath analyze -`.' },
  { start: 'PK\x03\x04', what: 'a zip archive', next: 'Unpack it: `unzip -p FILE | rxpath analyze -`.' },
  { start: '7z\xbc\xaf\x27\x1c', what: 'a 7-Zip archive', next: 'Unpack it: `7z x -so FILE | rxpath analyze -`.' },
  { start: 'Rar!', what: 'a RAR archive', next: 'Unpack it first.' },
  { start: 'ustar', at: 257, what: 'a tar archive', next: 'Unpack it first.' },
  { start: 'snoop\0\0\0', what: 'a snoop capture', next: CONVERT },
  { start: 'GMBU', what: 'a Microsoft Network Monitor capture', next: CONVERT },
  { start: 'RTSS', what: 'a Microsoft Network Monitor 1 capture', next: CONVERT },
  { start: 'TRSNIFF data', what: 'a Sniffer capture', next: CONVERT },
  { start: 'XCP\0', what: 'a NetXRay capture', next: CONVERT },
  { start: '\x1c\x00\x01\xac', what: 'an Ixia capture', next: CONVERT },
  { start: '\xac\x01\x00\x1c', what: 'an Ixia capture', next: CONVERT },
  { start: '\x1c\x00\x01\xab', what: 'an Ixia capture', next: CONVERT },
  { start: '\xab\x01\x00\x1c', what: 'an Ixia capture', next: CONVERT },
  { start: 'version https://git-lfs', what: 'a Git LFS pointer, not the file itself', next: 'Fetch the file: `git lfs pull`.' },
  { start: '%PDF-', what: 'a PDF document', next: 'Name the capture file.' },
  { start: '\x7fELF', what: 'a program', next: 'Name the capture file.' },
  { start: '\x89PNG', what: 'a picture', next: 'Name the capture file.' },
];

const TEXT_NEXT =
  'Text output of tcpdump cannot be read back: capture with `tcpdump -w`, or convert a hex dump with `text2pcap`.';

/** What an input of unknown format seems to be and what to do with it, from its first bytes. */
export function describeUnknown(path: string, bytes: Uint8Array): string {
  const name = shownName(path);
  const start = latin1(bytes);
  const known = LOOKALIKES.find(({ start: magic, at = 0 }) => start.startsWith(magic, at));
  if (known !== undefined) return `${name} seems to be ${known.what}. ${known.next.replace('FILE', path)}`;
  const text = start.trimStart().toLowerCase();
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) {
    return `${name} seems to be an HTML page, perhaps in place of a download. Fetch the capture itself.`;
  }
  if (isText(bytes)) return `${name} seems to be text. ${TEXT_NEXT}`;
  const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return `${name} begins with ${magic}, which is neither pcap nor pcapng. If it is a capture of another tool, ${CONVERT.replace('C', 'c').replace('FILE', path)}`;
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** UTF-8 without control characters but tabs and line ends; the last character may be cut. */
function isText(bytes: Uint8Array): boolean {
  if (!bytes.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

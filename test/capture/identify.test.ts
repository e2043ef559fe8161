import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { CaptureError } from '../../src/capture/error.ts';
import { CaptureReader } from '../../src/capture/reader.ts';
import { inflated } from '../../src/capture/source.ts';
import { Blocks, join, pcapHeader } from './build.ts';
import { MemorySource } from './memory-source.ts';

const latin = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const NOTHING = new Uint8Array(0);
const blocks = new Blocks(true);

/** Opens it, which must fail. */
async function refusal(bytes: Uint8Array): Promise<CaptureError> {
  try {
    await CaptureReader.open(await inflated(new MemorySource(bytes, 'x.bin')));
  } catch (error) {
    assert.ok(error instanceof CaptureError, String(error));
    assert.equal(error.file, 'x.bin');
    return error;
  }
  return assert.fail('it was opened');
}

describe('what is not a capture', () => {
  const unknown: [what: string, bytes: Uint8Array, message: string][] = [
    ['xz', latin('\xfd7zXZ\0\0\x04rest'), 'x.bin seems to be xz. Unpack it: `xz -dc x.bin | rxpath analyze -`.'],
    ['Zstandard', latin('\x28\xb5\x2f\xfdrest'), 'x.bin seems to be Zstandard. Unpack it: `zstd -dc x.bin | rxpath analyze -`.'],
    ['LZ4', latin('\x04\x22\x4d\x18rest'), 'x.bin seems to be LZ4. Unpack it: `lz4 -dc x.bin | rxpath analyze -`.'],
    ['bzip2', latin('BZh91AY&SY'), 'x.bin seems to be bzip2. Unpack it: `bzip2 -dc x.bin | rxpath analyze -`.'],
    ['zip', latin('PK\x03\x04\x14\0'), 'x.bin seems to be a zip archive. Unpack it: `unzip -p x.bin | rxpath analyze -`.'],
    ['tar', latin(`name${'\0'.repeat(253)}ustar\0`), 'x.bin seems to be a tar archive. Unpack it first.'],
    [
      'snoop',
      latin('snoop\0\0\0\0\0\0\x02'),
      'x.bin seems to be a snoop capture. Convert it with `editcap -F pcapng x.bin out.pcapng`.',
    ],
    [
      'Network Monitor',
      latin('GMBU\x00\x02'),
      'x.bin seems to be a Microsoft Network Monitor capture. Convert it with `editcap -F pcapng x.bin out.pcapng`.',
    ],
    [
      'LFS',
      latin('version https://git-lfs.github.com/spec/v1\n'),
      'x.bin seems to be a Git LFS pointer, not the file itself. Fetch the file: `git lfs pull`.',
    ],
    [
      'HTML',
      latin('\n<!DOCTYPE html><title>404'),
      'x.bin seems to be an HTML page, perhaps in place of a download. Fetch the capture itself.',
    ],
    [
      'tcpdump text',
      latin('12:00:00.000000 IP 10.0.0.1.80 > 10.0.0.2.1024: Flags [S]\n'),
      'x.bin seems to be text. Text output of tcpdump cannot be read back: capture with `tcpdump -w`, or convert a hex dump with `text2pcap`.',
    ],
    [
      'noise',
      latin('\x01\x02\xff\x00\x04'),
      'x.bin begins with 01 02 ff 00, which is neither pcap nor pcapng. If it is a capture of another tool, convert it with `editcap -F pcapng x.bin out.pcapng`.',
    ],
    [
      'three bytes',
      latin('\xd4\xc3\xb2'),
      'x.bin begins with d4 c3 b2, which is neither pcap nor pcapng. If it is a capture of another tool, convert it with `editcap -F pcapng x.bin out.pcapng`.',
    ],
  ];
  for (const [what, bytes, message] of unknown) {
    it(`is named: ${what}`, async () => {
      const { code, message: said, offset } = await refusal(bytes);
      assert.deepEqual([code, said, offset], ['E_CAPTURE_UNKNOWN_FORMAT', message, 0]);
    });
  }

  it('is named within gzip too', async () => {
    assert.match((await refusal(gzipSync('some text, and more of it'))).message, /^x\.bin seems to be text/);
  });
});

describe('a capture that cannot be opened', () => {
  const next = 'Take the capture again, or name another file.';
  const cases: [what: string, bytes: Uint8Array, code: string, message: string, offset: number][] = [
    ['nothing', NOTHING, 'E_CAPTURE_EMPTY', `x.bin is empty: the capture ended before it began. ${next}`, 0],
    [
      'gzip within gzip',
      gzipSync(gzipSync('')),
      'E_CAPTURE_UNKNOWN_FORMAT',
      'x.bin seems to be gzip within gzip. Unpack it once: `gzip -dc < x.bin | rxpath analyze -`.',
      0,
    ],
    ['nothing in gzip', gzipSync(''), 'E_CAPTURE_EMPTY', `x.bin is empty: the capture ended before it began. ${next}`, 0],
    [
      'gzip cut in its header',
      gzipSync('').subarray(0, 8),
      'E_CAPTURE_TRUNCATED',
      'x.bin: The gzip stream ends early, after 8 compressed bytes.',
      0,
    ],
    [
      'pcap cut in its header',
      pcapHeader({}).subarray(0, 23),
      'E_CAPTURE_TRUNCATED',
      `x.bin was cut within its file header: 23 bytes are there. ${next}`,
      23,
    ],
    [
      'pcap 1.4',
      pcapHeader({ major: 1 }),
      'E_CAPTURE_UNSUPPORTED_VERSION',
      `x.bin is pcap version 1.4; only 2.0 and later are known. ${next}`,
      0,
    ],
    [
      'pcapng cut in its header',
      blocks.section().subarray(0, 27),
      'E_CAPTURE_TRUNCATED',
      `x.bin was cut within its file header: 27 bytes are there. ${next}`,
      27,
    ],
    [
      'pcapng 2.0',
      blocks.section({ major: 2 }),
      'E_CAPTURE_UNSUPPORTED_VERSION',
      'x.bin: The block at byte 0 begins a section of version 2.0; only 1.0 is known.',
      0,
    ],
    [
      'pcapng without byte order',
      blocks.block(0x0a0d0d0a, new Uint8Array(16)),
      'E_CAPTURE_DAMAGED',
      'x.bin: The block at byte 0 is a section header without the byte-order magic.',
      0,
    ],
    [
      'pcapng whose line ends were changed',
      join(Uint8Array.of(0x0a, 0x0a, 0x0a), blocks.section().subarray(4)),
      'E_CAPTURE_UNKNOWN_FORMAT',
      'x.bin begins with 0a 0a 0a 1c, which is neither pcap nor pcapng. If it is a capture of another tool, convert it with `editcap -F pcapng x.bin out.pcapng`.',
      0,
    ],
  ];
  for (const [what, bytes, code, message, offset] of cases) {
    it(`says why: ${what}`, async () => {
      const error = await refusal(bytes);
      assert.deepEqual([error.code, error.message, error.offset], [code, message, offset]);
    });
  }
});

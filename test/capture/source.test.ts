import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { PassThrough } from 'node:stream';
import { constants, gzipSync } from 'node:zlib';
import type { CaptureError } from '../../src/capture/error.ts';
import { type ByteSource, inflated, inspect, openSource } from '../../src/capture/source.ts';
import { StreamSource } from '../../src/capture/stream-source.ts';
import { join, payload } from './build.ts';
import { MemorySource } from './memory-source.ts';
import { directory, gzipMembers, put } from './readers.ts';

/** Everything that is left, in reads of at most `most` bytes. */
async function drain(source: ByteSource, most = 70_000): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (;;) {
    const into = new Uint8Array(most + 2);
    const count = await source.read(into, 1, most);
    assert.ok(count <= most && into[0] === 0 && into[most + 1] === 0, 'a read stays within its room');
    if (count === 0) return join(...parts);
    parts.push(into.subarray(1, 1 + count));
  }
}

/** Bytes that deflate well, but not to nothing. */
function text(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * index) >>> 11);
}

describe('openSource', () => {
  const refusals: [path: () => string, code: string, message: RegExp][] = [
    [() => joinPath(directory, 'absent.pcap'), 'E_CAPTURE_NOT_FOUND', /absent\.pcap does not exist\. Check the path/],
    [() => '', 'E_CAPTURE_NOT_FOUND', /^'' does not exist\./],
    [() => joinPath(put('file.pcap', payload(9)), 'inside'), 'E_CAPTURE_NOT_FOUND', /does not exist/],
    [() => directory, 'E_CAPTURE_IS_DIRECTORY', /is a directory\. Name the capture files in it\.$/],
    [() => joinPath(directory, 'x'.repeat(300)), 'E_CAPTURE_UNREADABLE', /cannot be opened \(ENAMETOOLONG\)/],
  ];
  for (const [path, code, message] of refusals) {
    it(`refuses with ${code}: ${message.source}`, async () => {
      const isRefusal = (error: CaptureError) => error.code === code && error.file === path() && message.test(error.message);
      await assert.rejects(openSource(path()), isRefusal);
      await assert.rejects(inspect(path()), isRefusal);
    });
  }

  it('reads a file, tells how far it is, and starts again', async () => {
    const source = await openSource(put('plain', payload(200_000)));
    assert.deepEqual([source.size, source.consumed, source.compression, source.rewindable], [200_000, 0, null, true]);
    assert.deepEqual(await drain(source), payload(200_000));
    assert.equal(source.consumed, 200_000);
    await source.rewind();
    assert.equal(source.consumed, 0);
    assert.deepEqual(await drain(source), payload(200_000));
    await source.close();
  });

  it('reads a named pipe, which has neither size nor beginning', async () => {
    const path = joinPath(directory, 'named-pipe');
    execFileSync('mkfifo', [path]);
    createWriteStream(path).end(payload(200_000));
    assert.deepEqual(await inspect(path), { size: null, rewindable: false });
    const source = await openSource(path);
    assert.deepEqual([source.size, source.rewindable], [null, false]);
    assert.deepEqual(await drain(source), payload(200_000));
    assert.equal(source.consumed, 200_000);
    await assert.rejects(source.rewind(), { code: 'E_CAPTURE_NOT_REWINDABLE' });
    await source.close();
  });

  it('reads a device', async () => {
    const source = await openSource('/dev/zero');
    assert.deepEqual([source.size, source.rewindable], [null, false]);
    assert.equal(await source.read(new Uint8Array(50), 0, 50), 3);
    assert.equal(await source.read(new Uint8Array(50), 0, 50), 50);
    await assert.rejects(source.rewind(), { code: 'E_CAPTURE_NOT_REWINDABLE' });
    await source.close();
  });
});

describe('a gzip source', () => {
  const plain = text(3_000_000);
  const packed = Uint8Array.from(gzipSync(plain));

  const half = plain.subarray(0, 1_500_000);
  /** Half of it, up to a byte at which a block must begin. */
  const sound = Uint8Array.from(gzipSync(half, { finishFlush: constants.Z_SYNC_FLUSH }));
  /** Block type 3 does not exist (RFC 1951 3.2.3). */
  const noBlock = new Uint8Array(50_000).fill(0xff);

  it('inflates, with progress in bytes on disk, and starts again', async () => {
    const source = await openSource(put('text.gz', packed));
    assert.deepEqual([source.size, source.compression, source.rewindable], [packed.length, 'gzip', true]);
    await source.read(new Uint8Array(10), 0, 10);
    assert.ok(source.consumed > 0 && source.consumed < packed.length, 'not all is read for ten bytes');
    await source.rewind();
    assert.deepEqual(await drain(source), plain);
    assert.deepEqual([source.consumed, source.damage], [packed.length, null]);
    await source.close();
  });

  it('inflates members, wherever a read ends', async () => {
    const members = gzipMembers(plain.subarray(0, 3_000), 4);
    for (const chunk of [1, 2, 3, 17, 1_000]) {
      const source = await inflated(new MemorySource(members, 'memory', chunk));
      assert.deepEqual(await drain(source), plain.subarray(0, 3_000), `reads of ${chunk}`);
      assert.equal(source.damage, null);
    }
  });

  it('takes an empty member and zero bytes at the end for nothing', async () => {
    const source = await inflated(new MemorySource(join(gzipSync(''), gzipSync('abc'), gzipSync(''), new Uint8Array(40))));
    assert.deepEqual(await drain(source), new TextEncoder().encode('abc'));
    assert.equal(source.damage, null);
  });

  it('gives all that comes before damage, and says where it is', async () => {
    const source = await openSource(put('broken.gz', join(sound, noBlock)));
    assert.deepEqual(await drain(source), half);
    const message = `The gzip stream is damaged at byte ${sound.length} (Z_DATA_ERROR).`;
    assert.deepEqual(source.damage, { code: 'E_CAPTURE_GZIP_DAMAGED', offset: half.length, lostBytes: null, message });
    assert.ok(source.consumed > sound.length && source.consumed < sound.length + noBlock.length, 'what follows is not read');
    await source.rewind();
    assert.deepEqual([await drain(source), source.damage.message], [half, message]);
    await source.close();
  });

  it('gives all bytes where only the checksum at the end is wrong', async () => {
    const wrong = packed.slice();
    wrong[packed.length - 8] = wrong[packed.length - 8]! ^ 1;
    const source = await openSource(put('wrong-crc.gz', wrong));
    assert.deepEqual(await drain(source), plain);
    assert.equal(source.damage?.code, 'E_CAPTURE_GZIP_DAMAGED');
    await source.close();
  });

  it('gives what a pipe gave before damage, as far as zlib hands it out', async () => {
    const pipe = new PassThrough();
    pipe.end(join(sound, noBlock));
    const source = await inflated(new StreamSource(pipe, 'pipe'));
    const found = await drain(source);
    assert.ok(found.length > half.length - (1 << 18), `${found.length} of ${half.length} bytes`);
    assert.deepEqual(found, half.subarray(0, found.length));
    assert.equal(source.damage?.code, 'E_CAPTURE_GZIP_DAMAGED');
    assert.match(source.damage.message, /damaged between byte \d+ and byte \d+/);
  });

  it('says that it was cut, and gives what is there', async () => {
    const source = await openSource(put('cut.gz', packed.subarray(0, packed.length - 100)));
    const found = await drain(source);
    assert.ok(found.length > plain.length - 100_000);
    assert.deepEqual(found, plain.subarray(0, found.length));
    assert.deepEqual([source.damage?.code, source.damage?.offset], ['E_CAPTURE_TRUNCATED', found.length]);
    await source.close();
  });

  it('does not inflate far ahead of its reader', async () => {
    const bomb = gzipSync(new Uint8Array(200 << 20));
    const source = await inflated(new MemorySource(bomb));
    for (let round = 0; round < 8; round++) {
      await source.read(new Uint8Array(10), 0, 10);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    assert.ok(bomb.length > 200_000 && source.consumed < 40_000, `${source.consumed} of ${bomb.length} bytes were inflated`);
    await source.close();
  });
});

describe('a stream source', () => {
  it('gives what has arrived and waits for no more', async () => {
    const pipe = new PassThrough();
    const source = new StreamSource(pipe, 'pipe');
    const into = new Uint8Array(100);
    pipe.write(payload(5));
    assert.equal(await source.read(into, 0, 100), 5);
    const later = source.read(into, 0, 100);
    pipe.write(payload(7));
    assert.equal(await later, 7);
    pipe.end();
    assert.equal(await source.read(into, 0, 100), 0);
    assert.deepEqual([source.consumed, source.damage], [12, null]);
  });

  it('holds back a writer that nobody reads', async () => {
    const pipe = new PassThrough();
    const source = new StreamSource(pipe, 'pipe');
    let taken = 0;
    while (taken < 200 && pipe.write(new Uint8Array(1 << 16))) {
      taken++;
      await new Promise(setImmediate);
    }
    assert.ok(taken < 40, `${taken} writes were taken`);
    assert.equal(source.consumed, 0);
    pipe.end();
    assert.equal((await drain(source)).length, (taken + 1) << 16);
  });

  it('says that the input failed, after what it gave', async () => {
    const pipe = new PassThrough();
    const source = new StreamSource(pipe, 'pipe');
    pipe.write(payload(5));
    await new Promise(setImmediate);
    pipe.destroy(Object.assign(new Error('gone'), { code: 'EIO' }));
    assert.equal((await drain(source)).length, 5);
    const { code, offset, message } = source.damage!;
    assert.deepEqual([code, offset, message], ['E_CAPTURE_READ_FAILED', 5, 'Reading failed after 5 bytes: EIO.']);
  });
});

describe('openSource on a directory of its own', () => {
  it('leaves no file open', async () => {
    mkdirSync(joinPath(directory, 'sub'), { recursive: true });
    const path = put('sub/closed.pcap', payload(100));
    for (let round = 0; round < 3_000; round++) {
      const source = await openSource(path);
      await source.close();
    }
  });
});

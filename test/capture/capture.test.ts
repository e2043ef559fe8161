import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join as joinPath } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Capture, openCapture } from '../../src/capture/capture.ts';
import { Frame } from '../../src/wire/frame.ts';
import { Blocks, join, payload, pcapHeader, pcapRecord } from './build.ts';
import { directory, put } from './readers.ts';

const T = 1_700_000_000;
const ng = new Blocks(false);

const first = () => put('first.pcap', join(pcapHeader({}), pcapRecord(T, 10, payload(60)), pcapRecord(T, 20, payload(61))));
const second = () =>
  put(
    'second.pcapng.gz',
    gzipSync(
      join(ng.section(), ng.interface(113), ng.simple(payload(50)), ng.packet(0, BigInt(T) * 1_000_000n + 30n, payload(51))),
    ),
  );
const third = () => put('third.pcap', join(pcapHeader({ magic: 0xa1b23c4d, link: 101 }), pcapRecord(T - 1, 5, payload(40))));

/** number, time, link type and length of each frame. */
async function frames(capture: Capture): Promise<number[][]> {
  const found: number[][] = [];
  const frame = new Frame();
  do while (capture.next(frame)) found.push([frame.number, frame.time, frame.linkType, frame.end - frame.start]);
  while (await capture.fill());
  return found;
}

const ALL = [
  [1, 0, 1, 60],
  [2, 10_000, 1, 61],
  [3, 10_000, 113, 50],
  [4, 20_000, 113, 51],
  [5, -1_000_009_995, 101, 40],
];

describe('several captures', () => {
  it('are one trace: numbers go on, and time counts from the first frame of the first', async () => {
    const capture = await openCapture([first(), second(), third()]);
    assert.deepEqual(await frames(capture), ALL);
    assert.equal(capture.origin, 1_700_000_000_000_010_000n);
    assert.deepEqual([capture.frameCount, capture.damage, capture.consumed], [5, null, capture.size]);
    assert.deepEqual(
      capture.files.map((file) => [file.format.name, file.frameCount, file.interfaces[0]?.linkType]),
      [
        ['pcap', 2, 1],
        ['pcapng', 2, 113],
        ['pcap', 1, 101],
      ],
    );
    await capture.close();
  });

  it('can be read again from the start, from wherever they are', async () => {
    const capture = await openCapture([first(), second(), third()]);
    assert.equal(capture.rewindable, true);
    const frame = new Frame();
    for (const stop of [1, 3, 5, 99]) {
      for (let count = 0; count < stop; ) {
        if (capture.next(frame)) count++;
        else if (!(await capture.fill())) break;
      }
      await capture.rewind();
      assert.deepEqual(await frames(capture), ALL, `after ${stop} frames`);
      await capture.rewind();
    }
    await capture.close();
    assert.equal(await capture.fill(), false);
    assert.equal(capture.next(frame), false);
  });

  it('go on after damage and after what is no capture, and say where both were', async () => {
    const cut = put(
      'cut.pcap',
      join(pcapHeader({}), pcapRecord(T, 0, payload(60)), pcapRecord(T, 1, payload(60)).subarray(0, 30)),
    );
    const text = put('notes.txt', new TextEncoder().encode('these are notes about a capture\n'));
    const empty = put('empty.pcap', new Uint8Array(0));
    const capture = await openCapture([cut, text, empty, first()]);
    assert.deepEqual(await frames(capture), [
      [1, 0, 1, 60],
      [2, 10_000, 1, 60],
      [3, 20_000, 1, 61],
    ]);
    assert.deepEqual(
      capture.damages.map(({ file, code, offset, lostBytes }) => [file, code, offset, lostBytes]),
      [
        [cut, 'E_CAPTURE_TRUNCATED', 100, 30],
        [text, 'E_CAPTURE_UNKNOWN_FORMAT', 0, null],
        [empty, 'E_CAPTURE_EMPTY', 0, null],
      ],
    );
    assert.equal(capture.damage, capture.damages[0]);
    await capture.close();
  });

  it('begin with the first that is a capture', async () => {
    const empty = put('empty.pcap', new Uint8Array(0));
    const capture = await openCapture([empty, third()]);
    assert.equal(capture.damage?.code, 'E_CAPTURE_EMPTY');
    assert.deepEqual(await frames(capture), [[1, 0, 101, 40]]);
    await capture.rewind();
    assert.deepEqual([capture.damages.length, await frames(capture)], [1, [[1, 0, 101, 40]]]);
    await capture.close();
  });

  it('are refused at the second reading where they have been emptied since the first', async () => {
    const capture = await openCapture([put('rotated.pcap', join(pcapHeader({}), pcapRecord(T, 10, payload(60))))]);
    assert.equal((await frames(capture)).length, 1);
    put('rotated.pcap', new Uint8Array(0));
    await assert.rejects(capture.rewind(), { code: 'E_CAPTURE_EMPTY' });
    await capture.close();
  });

  it('are refused with the first reason when none is a capture', async () => {
    const empty = put('empty.pcap', new Uint8Array(0));
    const text = put('notes.txt', new TextEncoder().encode('these are notes about a capture\n'));
    await assert.rejects(openCapture([text, empty]), { code: 'E_CAPTURE_UNKNOWN_FORMAT', file: text });
    await assert.rejects(openCapture([]), { code: 'E_CAPTURE_NOT_FOUND', message: 'No capture was named.' });
  });

  it('go on after one that cannot be read, and are refused where none can be', async () => {
    const absent = joinPath(directory, 'absent.pcap');
    const capture = await openCapture([absent, first(), directory, third()]);
    const numbers = async () => (await frames(capture)).map(([number]) => number);
    const codes = () => capture.damages.map(({ file, code, lostBytes }) => [file, code, lostBytes]);
    const read = await numbers();
    const told = codes();
    assert.deepEqual(told, [
      [absent, 'E_CAPTURE_NOT_FOUND', null],
      [directory, 'E_CAPTURE_IS_DIRECTORY', null],
    ]);
    assert.deepEqual(read, [1, 2, 3]);
    await capture.rewind();
    assert.deepEqual([await numbers(), codes()], [read, told]);
    await capture.close();
    await assert.rejects(openCapture([absent, directory]), { code: 'E_CAPTURE_NOT_FOUND', file: absent });
    await assert.rejects(openCapture(['-', first(), '-']), { code: 'E_CAPTURE_STDIN_TWICE' });
  });

  it('may be pipes, which have no size and are read once', async () => {
    const path = joinPath(directory, 'trace-pipe');
    execFileSync('mkfifo', [path]);
    createWriteStream(path).end(join(pcapHeader({}), pcapRecord(T, 1, payload(60))));
    const capture = await openCapture([path, first()]);
    assert.deepEqual([capture.size, capture.rewindable], [null, false]);
    assert.deepEqual(await frames(capture), [
      [1, 0, 1, 60],
      [2, 9_000, 1, 60],
      [3, 19_000, 1, 61],
    ]);
    await assert.rejects(capture.rewind(), { code: 'E_CAPTURE_NOT_REWINDABLE', file: path });
    await capture.close();
  });
});

describe('a capture', () => {
  it('gives the comments of the frame at hand and counts all', async () => {
    const comments = join(ng.text(1, 'one'), ng.text(1, 'two'), ng.end());
    const packet = (options?: Uint8Array) => ng.packet(0, 0n, payload(60), options === undefined ? {} : { options });
    const path = put('comments.pcapng', join(ng.section(), ng.interface(), packet(comments), packet()));
    const capture = await openCapture([path]);
    const frame = new Frame();
    while (!capture.next(frame)) await capture.fill();
    assert.deepEqual([frame.comments, capture.commentCount], [['one', 'two'], 2]);
    while (!capture.next(frame)) await capture.fill();
    assert.deepEqual([frame.comments, capture.commentCount], [[], 2]);
    await capture.close();
  });

  it('gives the comments of a block that is full of them', async () => {
    const comments = join(...Array.from({ length: 60_000 }, (_, i) => ng.text(1, String(i))), ng.end());
    const packet = ng.packet(0, 0n, payload(60), { options: comments });
    const capture = await openCapture([put('remarks.pcapng', join(ng.section(), ng.interface(), packet))]);
    const frame = new Frame();
    while (!capture.next(frame)) await capture.fill();
    assert.deepEqual(
      frame.comments,
      Array.from({ length: 60_000 }, (_, i) => String(i)),
    );
    await capture.close();
  });

  it('tells what the file says of sections and interfaces', async () => {
    const b = new Blocks(true);
    const about = join(b.text(2, 'a machine'), b.text(3, 'an OS'), b.text(4, 'a tool'), b.text(1, 'why'), b.end());
    const interfaceOptions = join(
      b.text(2, 'eth0'),
      b.text(3, 'the first'),
      b.option(11, join(Uint8Array.of(0), new TextEncoder().encode('tcp'))),
    );
    const more = join(
      b.option(9, Uint8Array.of(9)),
      b.option(13, Uint8Array.of(32)),
      b.u64Option(14, -5n),
      b.text(1, 'mirror'),
      b.end(),
    );
    const statistics = b.statistics(0, b.u64Option(4, 100n), b.u64Option(5, 3n), b.u64Option(7, 4n), b.end());
    const bytes = join(
      b.section({ options: about }),
      b.interface(1, 96, interfaceOptions, more),
      b.packet(0, 6_000_000_000n, payload(60)),
      statistics,
    );
    const capture = await openCapture([put('about.pcapng', bytes)]);
    await frames(capture);
    const [file] = capture.files;
    assert.deepEqual(file!.sections, [
      { littleEndian: true, version: '1.0', hardware: 'a machine', os: 'an OS', application: 'a tool', comments: ['why'] },
    ]);
    assert.deepEqual(file!.interfaces, [
      {
        id: 0,
        section: 0,
        linkType: 1,
        snaplen: 96,
        fcsLength: 4,
        resolution: { base: 10, exponent: 9 },
        offsetSeconds: -5n,
        name: 'eth0',
        description: 'the first',
        filter: 'tcp',
        comments: ['mirror'],
        frames: 1,
        received: 100n,
        dropped: 7n,
      },
    ]);
    assert.deepEqual(file!.format, {
      name: 'pcapng',
      version: '1.0',
      littleEndian: true,
      nanoseconds: false,
      modified: false,
      compression: null,
    });
    assert.equal(capture.origin, 1_000_000_000n);
    await capture.close();
  });
});

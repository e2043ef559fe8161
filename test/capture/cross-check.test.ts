import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join as joinPath } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ParsedPacket } from 'pcap-parser';
import { crossCheck } from '../../src/capture/cross-check.ts';
import { type OpenSecond, secondReading } from '../../src/capture/second-reader.ts';
import { Blocks, join, payload, pcapHeader, pcapRecord } from './build.ts';
import { COMPLIANCE } from './compliance.ts';
import { directory, put } from './readers.ts';

const T = 1_700_000_000;

function capture(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => pcapRecord(T + index, index, payload(40 + (index % 1_400), index)));
  return join(pcapHeader({}), ...records);
}

/** The second reader, but with one of its records changed. */
function lying(record: number, change: (packet: ParsedPacket) => ParsedPacket[]): OpenSecond {
  return async (feed) => {
    const truthful = await secondReading(feed);
    let count = 0;
    return {
      refusal: null,
      async more() {
        const records = await truthful.more();
        return records?.flatMap((packet) => (++count === record ? change(packet) : [packet])) ?? null;
      },
    };
  };
}

describe('crossCheck', () => {
  it('agrees on a capture of many pieces', async () => {
    const file = put('many.pcap', capture(2_000));
    assert.deepEqual(await crossCheck(file), {
      file,
      status: 'agreed',
      reason: null,
      records: 2_000,
      count: 0,
      disagreements: [],
    });
  });

  for (const { name, capture, frames } of COMPLIANCE.filter(({ second }) => second === true)) {
    it(`agrees on the compliance suite: ${name}`, async () => {
      const { status, records } = await crossCheck(put('checked.pcap', capture));
      assert.deepEqual([status, records], ['agreed', frames.length]);
    });
  }

  it('finds that pcap-parser does not know the order of lengths before version 2.3', async () => {
    const swapped = pcapRecord(T, 0, payload(60), { captured: 100, wire: 60 });
    const file = put('old.pcap', join(pcapHeader({ minor: 2 }), swapped, pcapRecord(T, 0, payload(24))));
    assert.deepEqual(await crossCheck(file), {
      file,
      status: 'disagreed',
      reason: null,
      records: 1,
      count: 3,
      disagreements: [
        { record: 1, field: 'captured_length', ours: 60, theirs: 100 },
        { record: 1, field: 'wire_length', ours: 100, theirs: 60 },
        { record: 2, field: 'count', ours: 2, theirs: 1 },
      ],
    });
  });

  const lies: [what: string, change: (packet: ParsedPacket) => ParsedPacket[], expected: object[]][] = [
    [
      'a time',
      ({ header, data }) => [{ header: { ...header, timestampMicroseconds: header.timestampMicroseconds + 1 }, data }],
      [{ record: 3, field: 'time', ours: (T + 2) * 1e6 + 2, theirs: (T + 2) * 1e6 + 3 }],
    ],
    [
      'a byte',
      ({ header, data }) => [
        { header, data: Buffer.concat([data.subarray(0, 7), Uint8Array.of(data[7]! ^ 1), data.subarray(8)]) },
      ],
      [{ record: 3, field: 'bytes', ours: payload(42, 2)[7], theirs: payload(42, 2)[7]! ^ 1, offset: 7 }],
    ],
    ['a record too many', (packet) => [packet, packet], []],
    ['a record too few', () => [], []],
  ];
  for (const [what, change, expected] of lies) {
    it(`finds ${what}`, async () => {
      const { status, disagreements } = await crossCheck(put('lied.pcap', capture(5)), lying(3, change));
      assert.equal(status, 'disagreed');
      if (expected.length > 0) assert.deepEqual(disagreements, expected);
      else assert.equal(disagreements.at(-1)?.field, 'count');
    });
  }

  it('keeps the first hundred disagreements and counts all', async () => {
    const wrong: OpenSecond = async (feed) => {
      const truthful = await secondReading(feed);
      const shifted = ({ header, data }: ParsedPacket) => ({ header: { ...header, originalLength: 1 }, data });
      return { refusal: null, more: async () => (await truthful.more())?.map(shifted) ?? null };
    };
    const { count, disagreements } = await crossCheck(put('wrong.pcap', capture(150)), wrong);
    assert.deepEqual([count, disagreements.length], [150, 100]);
  });

  const ng = new Blocks(true);
  const unreadable: [what: string, bytes: Uint8Array, reason: RegExp][] = [
    ['gzip', gzipSync(capture(2)), /^pcap-parser does not inflate gzip$/],
    ['pcapng', join(ng.section(), ng.interface()), /^pcap-parser does not read pcapng$/],
    ['nanoseconds', pcapHeader({ magic: 0xa1b23c4d }), /^pcap-parser does not read nanosecond pcap$/],
    ['modified records', pcapHeader({ magic: 0xa1b2cd34 }), /^pcap-parser does not read modified pcap$/],
    ['version 3.0', pcapHeader({ major: 3, minor: 0 }), /^pcap-parser: unsupported version 3\.0/],
    [
      'damage',
      capture(3).subarray(0, -1),
      /^the file is damaged, and pcap-parser cannot cope with that \(The capture ends within/,
    ],
    [
      'a forged length',
      join(capture(1), pcapRecord(T, 0, payload(60), { captured: 0xffff_ffff })),
      /^the file is damaged.*claims 4294967295 captured bytes/,
    ],
  ];
  for (const [what, bytes, reason] of unreadable) {
    it(`says that pcap-parser cannot read it: ${what}`, async () => {
      const checked = await crossCheck(put('unreadable.pcap', bytes));
      assert.deepEqual([checked.status, checked.records], ['unreadable', 0]);
      assert.match(checked.reason!, reason);
    });
  }

  it('says that a pipe cannot be read twice', async () => {
    const path = joinPath(directory, 'checked-pipe');
    execFileSync('mkfifo', [path]);
    createWriteStream(path).end(capture(2));
    const { status, reason } = await crossCheck(path);
    assert.deepEqual([status, reason], ['unreadable', 'a pipe cannot be read twice']);
  });

  it('rejects what is not a capture at all', async () => {
    await assert.rejects(crossCheck(put('empty.pcap', new Uint8Array(0))), { code: 'E_CAPTURE_EMPTY' });
  });
});

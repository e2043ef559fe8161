import assert from 'node:assert/strict';
import { COMPLIANCE } from './compliance.ts';
import { READERS } from './readers.ts';

describe('every reader on every capture of the compliance suite', () => {
  for (const reader of READERS) {
    describe(reader.name, () => {
      for (const test of COMPLIANCE.filter((test) => reader.can(test))) {
        it(test.name, async () => {
          assert.deepEqual(await reader.read(test.capture), reader.expect(test));
        });
      }
    });
  }

  it('holds pcap-parser to at least a dozen captures', () => {
    assert.ok(COMPLIANCE.filter((test) => test.second === true).length >= 12);
  });
});

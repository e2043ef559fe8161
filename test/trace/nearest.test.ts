import assert from 'node:assert/strict';
import { nearest } from '../../src/trace/nearest.ts';

const NAMES = ['no_socket', 'tcp_no_socket', 'udp_no_socket', 'tcp_csum', 'udp_csum', 'ip_csum', 'fcs_error', 'tcp_reset'];

describe('nearest', () => {
  const cases: readonly [string, string[]][] = [
    ['no_sockt', ['no_socket', 'tcp_no_socket', 'udp_no_socket'].slice(0, 1)],
    ['tpc_csum', ['tcp_csum', 'ip_csum', 'udp_csum']],
    ['TCP_CSUM', ['tcp_csum', 'ip_csum', 'udp_csum']],
    ['socket', ['no_socket', 'tcp_no_socket', 'udp_no_socket']],
    ['fcs', ['fcs_error']],
    ['xyzzy', []],
    ['', []],
  ];
  for (const [word, names] of cases)
    it(`finds [${names.join(' ')}] for ${JSON.stringify(word)}`, () => assert.deepEqual(nearest(word, NAMES), names));

  it('gives no more than it was asked for', () => assert.equal(nearest('socket', NAMES, 2).length, 2));
});

import assert from 'node:assert/strict';
import { crc32, encodeFcs, FCS_LENGTH } from '../../src/wire/crc32.ts';
import { ETHERNET_MIN } from '../../src/wire/ethernet.ts';
import { type Shot, shot, Talk, tell } from './story.ts';

/** As on the wire: `length` bytes, and the FCS. */
function sealed({ bytes, time }: Shot, length = Math.max(bytes.length, ETHERNET_MIN)): Shot {
  const out = new Uint8Array(length + FCS_LENGTH);
  out.set(bytes.subarray(0, length));
  encodeFcs(crc32(out, 0, length), out, length);
  return { bytes: out, time };
}

const ENDS = { source: '10.0.0.2', destination: '10.0.0.1' };
const MACS = { source: '02:00:00:00:00:02', destination: '02:00:00:00:00:01' };
const PORTS = { sourcePort: 4000, destinationPort: 53 };

describe('a captured frame whose FCS is there, and right', () => {
  const only: { fcs: 'present' } = { fcs: 'present' };
  const last = async (frame: Shot, options = {}): Promise<string> => (await tell([frame], options)).verdicts.at(-1)!;

  it('has no checksum that a card was still to fill in', async () => {
    // the sum of the pseudo-header alone
    const [syn] = new Talk().c('S', '', { checksum: 0x141d }).shots as [Shot];
    const listen = [{ protocol: 'tcp', port: 80 }];
    assert.equal(await last(syn, { listen }), 'tcp_syn_received');
    assert.equal(await last(sealed(syn), { listen, ...only }), 'tcp_checksum_bad');
    const noSum = shot({
      ethernet: MACS,
      ipv4: { ...ENDS, headerChecksum: 0 },
      udp: PORTS,
      payload: 'a question of some length',
    });
    assert.equal(await last(noSum), 'socket_datagram_assumed');
    assert.equal(await last(sealed(noSum), only), 'ipv4_checksum_bad');
  });

  it('is as short as it was', async () => {
    const udp = shot({ ethernet: MACS, ipv4: ENDS, udp: PORTS, payload: 'short' });
    assert.equal(await last(udp), 'socket_datagram_assumed');
    assert.equal(await last(sealed(udp), only), 'socket_datagram_assumed');
    assert.equal(await last(sealed(udp, udp.bytes.length), only), 'nic_runt');
  });

  it('is as long as it was: one, and not several that were put together', async () => {
    const jumbo = shot({ ethernet: MACS, ipv4: ENDS, udp: PORTS, payload: 'long'.repeat(1000) });
    const path = async (frame: Shot, options = {}) => (await tell([frame], options)).decisions[0]!;
    assert.ok((await path(jumbo)).includes('nic_merged_segments'));
    assert.ok(!(await path(sealed(jumbo), only)).includes('nic_merged_segments'));
  });

  it('has no length that was left to a card', async () => {
    const long = shot({ ethernet: MACS, ipv4: { ...ENDS, totalLength: 0 }, udp: PORTS, payload: 'a question of some length' });
    assert.equal(await last(long), 'socket_datagram_assumed');
    assert.equal(await last(sealed(long), only), 'ipv4_length_below_header');
  });
});

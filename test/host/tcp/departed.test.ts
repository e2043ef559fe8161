import assert from 'node:assert/strict';
import { Packet } from '../../../src/host/packet.ts';
import { Departed } from '../../../src/host/tcp/departed.ts';
import type { Known } from '../../../src/host/tcp/time-wait-socket.ts';

const SECOND = 1_000_000_000;
const CLIENT = { peer0: 0xfd00_0000, peer1: 1, peer2: 2, peer3: 3, peerPort: 40_000, localPort: 80 };
const NUMBERS = { rcvNxt: 1100, sndNxt: 5200, irs: 1000, iss: 5000 };

/** A segment of the client, or to it. */
function packet(inbound: boolean, change: Partial<typeof CLIENT> = {}): Packet {
  const { peer0, peer1, peer2, peer3, peerPort, localPort } = { ...CLIENT, ...change };
  return Object.assign(
    new Packet(),
    inbound
      ? { src0: peer0, src1: peer1, src2: peer2, src3: peer3, sourcePort: peerPort, destinationPort: localPort }
      : { dst0: peer0, dst1: peer1, dst2: peer2, dst3: peer3, destinationPort: peerPort, sourcePort: localPort },
  );
}

describe('connections that the client has reset', () => {
  const departed = new Departed();
  departed.add({ ...CLIENT, ...NUMBERS } as unknown as Known, 0);

  const cases: [name: string, change: Partial<typeof CLIENT>, seconds: number, ahead: number, isKnown: boolean][] = [
    ['are known for what was under way', {}, 1, 0, true],
    ['with numbers near theirs', {}, 1, 1 << 20, true],
    ['not with others', {}, 1, 1 << 30, false],
    ['not for long', {}, 61, 0, false],
    ['not of another port', { peerPort: 40_001 }, 1, 0, false],
    ['not to another port', { localPort: 81 }, 1, 0, false],
    ['not of another address', { peer3: 4 }, 1, 0, false],
    ['not of one in another network that ends alike', { peer0: 0xfd00_0001 }, 1, 0, false],
    ['not of an IPv4 address that is its end', { peer0: 0, peer1: 0, peer2: 0 }, 1, 0, false],
  ];
  for (const [name, change, seconds, ahead, isKnown] of cases)
    it(name, () => {
      const now = seconds * SECOND;
      assert.equal(departed.received(packet(true, change), NUMBERS.rcvNxt + ahead, now), isKnown);
      assert.equal(departed.observed(packet(false, change), NUMBERS.sndNxt + ahead, now), isKnown);
      if (isKnown) assert.deepEqual([departed.irs, departed.iss], [NUMBERS.irs, NUMBERS.iss]);
    });
});

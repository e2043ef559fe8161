import assert from 'node:assert/strict';
import { Addresses } from '../../../src/host/addresses.ts';
import { PLAIN_HOST } from '../../../src/host/config.ts';
import type { HostContext } from '../../../src/host/context.ts';
import { Paths } from '../../../src/host/ip/paths.ts';
import { Routes } from '../../../src/host/ip/routes.ts';
import { sysctls } from '../../../src/host/sysctl.ts';
import { ip } from '../machine.ts';

const MOST = 10_240;
const FIRST = 0x0a00_0000;

function paths(): Paths {
  const addresses = [ip('10.0.0.1', 8), ip('fd00:10::1', 64)];
  const config = { ...PLAIN_HOST, addresses, sysctl: sysctls() };
  const routes = new Routes(config, new Addresses(addresses));
  return new Paths({ config, now: 0 } as unknown as HostContext, routes);
}

describe('what is learnt of paths', () => {
  const kinds: readonly (readonly [string, (of: Paths, nth: number) => void, (of: Paths, nth: number) => boolean])[] = [
    ['path MTUs', (of, nth) => of.learn4(FIRST + nth, 1000), (of, nth) => of.mtu4(FIRST + nth) === 1000],
    ['path MTUs of IPv6', (of, nth) => of.learn6(1, 2, 3, nth, 1300), (of, nth) => of.mtu6(1, 2, 3, nth) === 1300],
    ['routers', (of, nth) => of.redirect4(FIRST + nth, 7), (of, nth) => of.gateway4(FIRST + nth) === 7],
  ];
  for (const [what, learn, isKnown] of kinds) {
    it(`is of the ${what} that were learnt last, if they are very many`, () => {
      const known = paths();
      for (let nth = 0; nth < MOST; nth++) learn(known, nth);
      assert.equal(isKnown(known, 0), true);
      for (let nth = MOST; nth < MOST + 5; nth++) learn(known, nth);
      assert.deepEqual(
        [0, 4, 5, MOST + 4].map((nth) => isKnown(known, nth)),
        [false, false, true, true],
      );
    });
  }
});

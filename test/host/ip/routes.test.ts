import assert from 'node:assert/strict';
import { Addresses } from '../../../src/host/addresses.ts';
import type { HostConfig, RouteConfig } from '../../../src/host/config.ts';
import { Routes } from '../../../src/host/ip/routes.ts';
import { formatIp4, formatIp6, parseIp } from '../../../src/wire/address.ts';
import { CAPTURE, ip } from '../machine.ts';

function table(routes: readonly RouteConfig[], more: Partial<HostConfig> = {}): Routes {
  const addresses = [ip('10.0.0.1', 24), ip('fd00:10::1', 64), ip('fe80::1', 64)];
  const config = { addresses, routes, gateways: [], mtu: 1500, capture: null, ...more } as unknown as HostConfig;
  return new Routes(config, new Addresses(addresses));
}

function word(text: string): number {
  return parseIp(text)!.w3;
}

const ROUTES: readonly RouteConfig[] = [
  { destination: ip('10.9.0.0', 16), via: ip('10.0.0.3') },
  { destination: ip('10.9.1.0', 24), via: ip('10.0.0.4') },
  { destination: ip('10.9.1.7', 32) },
  { destination: ip('10.9.2.0', 24), type: 'blackhole' },
  { destination: ip('10.9.3.0', 24), type: 'throw' },
  { destination: ip('fd09::', 16), via: ip('fd00:10::3') },
  { destination: ip('fd09:1::', 32), type: 'unreachable' },
];

describe('routes', () => {
  const hops: readonly (readonly [string, string])[] = [
    ['10.0.0.77', '10.0.0.77'],
    ['10.9.0.1', '10.0.0.3'],
    ['10.9.1.1', '10.0.0.4'],
    ['10.9.1.7', '10.9.1.7'],
    ['10.9.2.1', '0.0.0.0'],
    ['10.9.3.1', '0.0.0.0'],
    ['8.8.8.8', '0.0.0.0'],
  ];
  for (const [destination, hop] of hops) {
    it(`lead to ${destination} by ${hop}`, () => assert.equal(formatIp4(table(ROUTES).nextHop4(word(destination))), hop));
  }

  it('have the default router behind all others', () => {
    const routes = table(ROUTES, { gateways: [ip('10.0.0.254')] });
    assert.deepEqual(
      ['8.8.8.8', '10.9.0.1', '10.0.0.9'].map((text) => formatIp4(routes.nextHop4(word(text)))),
      ['10.0.0.254', '10.0.0.3', '10.0.0.9'],
    );
    assert.equal(formatIp4(table([], { gateways: [ip('10.0.0.254')] }).nextHop4(word('8.8.8.8'))), '10.0.0.254');
  });

  it('of the same prefix: the first counts', () => {
    const again = { destination: ip('10.9.0.0', 16), via: ip('10.0.0.9') };
    assert.equal(formatIp4(table([...ROUTES, again]).nextHop4(word('10.9.0.1'))), '10.0.0.3');
  });

  it('of IPv6: longest prefix, link, router, none', () => {
    const routes = table(ROUTES);
    const words = (text: string) => {
      const { w0, w1, w2, w3 } = parseIp(text)!;
      return [w0, w1, w2, w3] as const;
    };
    const via = routes.router6(...words('fd09:2::1'));
    assert.equal(formatIp6(...via!.words), 'fd00:10::3');
    assert.equal(routes.router6(...words('fd09:1::1')), undefined);
    assert.equal(routes.find6(...words('fd09:1::1'))?.type, 'unreachable');
    assert.deepEqual(
      ['fd00:10::9', 'fe80::9', 'fd09:2::1', '2001:db8::1'].map((text) => routes.isOnLink6(...words(text))),
      [true, true, false, false],
    );
    assert.deepEqual(
      ['fd00:10::9', 'fd09:2::1', 'fd09:1::1', '2001:db8::1'].map((text) => routes.reaches6(...words(text))),
      [true, true, false, false],
    );
  });

  it('know the smallest packet that fits', () => {
    const routes = table([
      { destination: ip('10.9.0.0', 16), via: ip('10.0.0.3'), mtu: 600 },
      { destination: ip('10.8.0.0', 16), mtu: 9000 },
    ]);
    assert.deepEqual([routes.find4(word('10.9.0.1'))?.mtu, routes.find4(word('10.8.0.1'))?.mtu], [600, 1500]);
  });

  it('are not known of a captured host', () => {
    assert.ok(table([], { capture: CAPTURE }).reaches4(word('8.8.8.8')));
  });
});

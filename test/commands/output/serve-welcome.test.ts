import assert from 'node:assert/strict';
import { parseAddress } from '../../../src/commands/input/addresses.ts';
import { welcomeText } from '../../../src/commands/output/serve-welcome.ts';
import { hostPart } from '../../../src/scenario/host-part.ts';
import { parseScript } from '../../../src/scenario/parser.ts';

const SERVER = 'server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24';

function welcome(script: string, addresses: readonly string[], isUp = addresses.length > 0): string {
  const { host } = hostPart(parseScript(script, 'x.scn', { load: () => ({ problem: 'none' }) }), true);
  const own = addresses.map((text) => parseAddress(text, '--address'));
  return welcomeText(host, 'tap0', own, isUp);
}

describe('what serve says first', () => {
  it('is what to try', () => {
    for (const [script, addresses, expected] of [
      [
        `${SERVER}\nlisten tcp 80\n`,
        ['10.0.0.2/24'],
        'the host answers behind tap0 (this machine is 10.0.0.2 there): curl http://10.0.0.1/; Ctrl-C ends with the summary',
      ],
      [
        'server eth0 mac 02:00:00:00:00:01 ip fd00::1/64\nlisten udp 53\nlisten tcp 8080\n',
        ['fd00::2/64'],
        'the host answers behind tap0 (this machine is fd00::2 there): curl http://[fd00::1]:8080/; Ctrl-C ends with the summary',
      ],
    ] as const)
      assert.equal(welcome(script, addresses), expected);
    assert.equal(welcome(`${SERVER}\n`, [], true), 'the host answers behind tap0: ping 10.0.0.1; Ctrl-C ends with the summary');
  });

  it('is how to give this machine an address, where it has none', () => {
    assert.equal(
      welcome('server eth0 mac 02:00:00:00:00:01 ip 10.0.0.254/24 mtu 1400\nlisten tcp 80\n', []),
      `the host waits behind tap0. This machine needs an address there (--address 10.0.0.253/24 gives it one), as root:
  ip address add 10.0.0.253/24 dev tap0
  ip link set tap0 mtu 1400 up
then: curl http://10.0.0.254/; Ctrl-C ends with the summary`,
    );
  });

  it('is that the address does not fit', () => {
    assert.equal(
      welcome('server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24 ip fd00::1/64\n', ['10.0.1.2/24']),
      'the host waits behind tap0, but 10.0.1.2 is in no network of its addresses: 10.0.0.1/24, fd00::1/64',
    );
  });
});

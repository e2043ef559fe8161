import assert from 'node:assert/strict';
import { checkName, Ifreq, in6Ifreq } from '../../src/live/ifreq.ts';

describe('what the kernel is told of an interface', () => {
  it('has names that an interface can have', () => {
    for (const name of ['tap0', 'a', 'vnet-1.2_x', 'fifteen-letters']) assert.doesNotThrow(() => checkName(name));
    for (const name of ['', 'sixteen-letters-', 'a/b', 'a b', 'tap%d', '.', '..', 'täp', 'a\0'])
      assert.throws(() => checkName(name), { name: 'LiveError' }, name);
  });

  it('is a struct ifreq: the name, and a value', () => {
    const request = new Ifreq('tap0');
    request.address4 = 0x0a000002;
    assert.equal(Buffer.from(request.bytes).toString('hex'), `74617030${'00'.repeat(12)}020000000a000002${'00'.repeat(16)}`);
    request.short = 0x1002;
    assert.equal(request.short, 0x1002);
    request.int = 1400;
    assert.equal(request.int, 1400);
  });

  it('is a struct in6_ifreq for IPv6', () => {
    assert.equal(
      Buffer.from(in6Ifreq([0xfd000000, 0, 0, 2], 64, 3)).toString('hex'),
      'fd00000000000000000000000000000240000000' + '03000000',
    );
  });
});

import type { FirewallTest, HostAddress, PacketField, PayloadField } from '../config.ts';
import { isDestinationIn, isSourceIn } from './address-match.ts';
import type { FirewallView } from './firewall-view.ts';

type Ranges = readonly (readonly [number, number])[];

/** A test made ready to be asked often. */
export interface CompiledTest {
  matches(view: FirewallView): boolean;
}

export function compileTest(test: FirewallTest): CompiledTest {
  const isNot = test.not === true;
  if ('networks' in test) return new NetworkTest(test.of === 'source6', test.networks, isNot);
  const { of, mask = -1, ranges } = test;
  return typeof of === 'string' ? new FieldTest(of, mask, ranges, isNot) : new PayloadTest(of, mask, ranges, isNot);
}

class NetworkTest implements CompiledTest {
  private readonly isSource: boolean;
  private readonly networks: readonly HostAddress[];
  private readonly isNot: boolean;

  constructor(isSource: boolean, networks: readonly HostAddress[], isNot: boolean) {
    this.isSource = isSource;
    this.networks = networks;
    this.isNot = isNot;
  }

  matches(view: FirewallView): boolean {
    if (view.family !== 6) return false;
    const { networks, isSource } = this;
    for (let i = 0; i < networks.length; i++) {
      if (isSource ? isSourceIn(networks[i]!, view) : isDestinationIn(networks[i]!, view)) return !this.isNot;
    }
    return this.isNot;
  }
}

class FieldTest implements CompiledTest {
  private readonly field: PacketField;
  private readonly mask: number;
  private readonly ranges: Ranges;
  private readonly isNot: boolean;

  constructor(field: PacketField, mask: number, ranges: Ranges, isNot: boolean) {
    this.field = field;
    this.mask = mask;
    this.ranges = ranges;
    this.isNot = isNot;
  }

  matches(view: FirewallView): boolean {
    return isIn(view.field(this.field), this.mask, this.ranges, this.isNot);
  }
}

class PayloadTest implements CompiledTest {
  private readonly field: PayloadField;
  private readonly mask: number;
  private readonly ranges: Ranges;
  private readonly isNot: boolean;

  constructor(field: PayloadField, mask: number, ranges: Ranges, isNot: boolean) {
    this.field = field;
    this.mask = mask;
    this.ranges = ranges;
    this.isNot = isNot;
  }

  matches(view: FirewallView): boolean {
    return isIn(view.payload(this.field), this.mask, this.ranges, this.isNot);
  }
}

/** `mask` -1: all bits. A value below 0 is not there. */
function isIn(value: number, mask: number, ranges: Ranges, isNot: boolean): boolean {
  if (value < 0) return false;
  const masked = mask === -1 ? value : (value & mask) >>> 0;
  for (let i = 0; i < ranges.length; i++) if (masked >= ranges[i]![0] && masked <= ranges[i]![1]) return !isNot;
  return isNot;
}

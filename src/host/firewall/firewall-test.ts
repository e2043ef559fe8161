import type { FirewallTest, HostAddress, PacketField, PayloadField } from '../config.ts';
import { isDestinationIn, isSourceIn } from './address-match.ts';
import type { FirewallView } from './firewall-view.ts';

const WORD = 0x1_0000_0000;

type Ranges = readonly (readonly [number, number])[];

/** A test made ready to be asked often. */
export interface CompiledTest {
  matches(view: FirewallView): boolean;
}

export function compileTest(test: FirewallTest): CompiledTest {
  const isNot = test.not === true;
  if ('networks' in test) return new NetworkTest(test.of === 'source6', test.networks, isNot);
  return new ValueTest(test.of, test.mask ?? -1, test.ranges, isNot);
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

class ValueTest implements CompiledTest {
  private readonly of: PacketField | PayloadField;
  private readonly mask: number;
  private readonly ranges: Ranges;
  private readonly isNot: boolean;

  /** `mask` -1: all bits. */
  constructor(of: PacketField | PayloadField, mask: number, ranges: Ranges, isNot: boolean) {
    this.of = of;
    this.mask = mask;
    this.ranges = ranges;
    this.isNot = isNot;
  }

  matches(view: FirewallView): boolean {
    const { of, mask, ranges } = this;
    const value = typeof of === 'string' ? view.field(of) : view.payload(of);
    // It is not there.
    if (value < 0) return false;
    const masked = mask === -1 ? value : and(value, mask);
    for (let i = 0; i < ranges.length; i++) if (masked >= ranges[i]![0] && masked <= ranges[i]![1]) return !this.isNot;
    return this.isNot;
  }
}

/** Of up to 48 bits. */
function and(a: number, b: number): number {
  return (Math.floor(a / WORD) & Math.floor(b / WORD)) * WORD + ((a & b) >>> 0);
}

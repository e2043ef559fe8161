import { SYSCTL_DEFAULTS, type SysctlName } from '../../host/sysctl.ts';
import { nearest } from '../../trace/nearest.ts';
import { didYouMean, listed } from '../text/problems.ts';
import type { SysctlStatement } from '../tree/script.ts';

/** Why a setting cannot be set so. */
export interface SysctlProblem {
  /** Of which part of the statement. */
  readonly field: 'name' | 'values';
  readonly message: string;
  readonly hint?: string;
}

/** Settings that are one name in Linux and three numbers: least, default and most. */
const TRIPLES: ReadonlyMap<string, readonly SysctlName[]> = new Map([
  ['ipv4.tcp_rmem', ['ipv4.tcp_rmem_min', 'ipv4.tcp_rmem_default', 'ipv4.tcp_rmem_max']],
  ['ipv4.tcp_wmem', ['ipv4.tcp_wmem_default', 'ipv4.tcp_wmem_default', 'ipv4.tcp_wmem_max']],
]);
const NAMES = Object.keys(SYSCTL_DEFAULTS) as SysctlName[];

/** As a script names it, of the name that the host knows. */
function inLinux(name: string): string {
  const neighbour = /^(ipv[46]\.neigh)\.(.+)$/.exec(name);
  if (neighbour !== null) return `net.${neighbour[1]}.default.${neighbour[2]}`;
  return `net.${name}`;
}

/** The settings of the host that the statement changes. `interfaceName`: of `net.ipv4.conf.eth0.…`. */
export function resolveSysctl(
  { name, values }: SysctlStatement,
  interfaceName = 'eth0',
): Partial<Record<SysctlName, number>> | SysctlProblem {
  const short = shorten(name, interfaceName);
  const triple = TRIPLES.get(short);
  if (triple !== undefined) {
    if (values.length !== 3)
      return {
        field: 'values',
        message: `\`${name}\` has three values: least, default and most`,
        hint: `such as \`${name} 4096 131072 6291456\``,
      };
    // the least send buffer is not part of the model
    return Object.fromEntries(
      triple.map((each, i) => [each, values[i]!]).filter((_, i) => triple.indexOf(triple[i]!, i + 1) < 0),
    );
  }
  if (!Object.hasOwn(SYSCTL_DEFAULTS, short)) return unknown(name, short, interfaceName);
  if (values.length !== 1) return { field: 'values', message: `\`${name}\` has one value, and here are ${values.length}` };
  if (values[0]! < 0) return { field: 'values', message: `\`${name}\` cannot be negative` };
  return { [short]: values[0]! };
}

/** Family, tree, interface and name of a setting that each interface has its own of. */
const OF_AN_INTERFACE = /^(ipv[46])\.(conf|neigh)\.([^.]+)\.(.+)$/;

/** Without `net.`, and without the interface of settings that each has its own. */
function shorten(name: string, interfaceName: string): string {
  const short = name.replace(/^net\./, '');
  const match = OF_AN_INTERFACE.exec(short);
  if (match === null || !['all', 'default', interfaceName].includes(match[3]!)) return short;
  return match[2] === 'neigh' ? `${match[1]}.neigh.${match[4]}` : `${match[1]}.${match[4]}`;
}

function unknown(name: string, short: string, interfaceName: string): SysctlProblem {
  const message = `there is no setting \`${name}\``;
  const here = short.replace(OF_AN_INTERFACE, `$1.$2.${interfaceName}.$4`);
  if (Object.hasOwn(SYSCTL_DEFAULTS, shorten(here, interfaceName)))
    return { field: 'name', message, hint: didYouMean([`net.${here}`])! };
  const last = short.split('.').at(-1)!;
  const same = NAMES.filter((each) => each.split('.').at(-1) === last);
  const near = (same.length > 0 ? same : nearest(short, NAMES, 3)).map(inLinux);
  const guess =
    near.length > 0
      ? near
      : nearest(
          last,
          NAMES.map((each) => each.split('.').at(-1)!),
          3,
        );
  return {
    field: 'name',
    message,
    hint: didYouMean(guess) ?? `the settings are below ${listed(['net.ipv4', 'net.ipv6', 'net.core', 'net.netfilter'], 'and')}`,
  };
}

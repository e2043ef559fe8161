import type { HostInfo } from '../../trace/run.ts';
import type { Style } from '../terminal/style.ts';
import { listed } from './layout.ts';
import { PHRASES } from './phrases.ts';

/** Addresses and ports that the line names; the rest is counted. */
const MOST_ADDRESSES = 4;
const MOST_PORTS = 8;

/** Which host it is and what it listens on; how it was found, and how to choose another. */
export function hostLine(host: HostInfo, { lang, glyphs }: Style): { readonly who: string; readonly how: string } {
  const phrases = PHRASES[lang];
  const addresses = host.addresses.length === 0 ? phrases.noHost : listed(host.addresses, MOST_ADDRESSES, ', ', phrases.andMore);
  const ports = listed(host.listen, MOST_PORTS, ', ', phrases.andMore);
  const listens = ports === '' ? '' : ` ${glyphs.dot} ${phrases.serves} ${ports}`;
  const profile = host.profile === undefined ? '' : ` ${glyphs.dot} ${phrases.profile} ${host.profile}`;
  return {
    who: `${phrases.host} ${addresses}${listens}${profile}`,
    how:
      host.choice === 'given' || host.choice === 'script' || host.choice === 'none'
        ? phrases.choice[host.choice]
        : `${phrases.choice[host.choice]}${phrases.semicolon}${phrases.changeHost}`,
  };
}

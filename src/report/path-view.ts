import { CATALOGUE } from '../trace/catalogue.ts';
import { type Decision, Effect } from '../trace/decision.ts';
import { grouped, padStart, wrap } from './layout.ts';
import type { PathTable } from './paths.ts';
import type { Printer } from './printer.ts';
import { paintVerdict, verdictGlyph } from './style.ts';
import { nameOf } from './words.ts';

/** The different paths, most travelled first: count, verdict, then the decisions layer by layer. At most `limit` of them. */
export function printPaths(printer: Printer, paths: PathTable, limit: number): void {
  const { style, phrases } = printer;
  const order = Array.from({ length: paths.size }, (_, index) => index)
    .filter((index) => verdictOf(paths.path(index)) !== null)
    .sort((x, y) => paths.counts[y]! - paths.counts[x]! || x - y);
  printer.title(phrases.paths, String(order.length));
  const countWidth = Math.max(1, ...order.map((index) => grouped(paths.counts[index]!).length));
  const indent = ' '.repeat(countWidth + 6);
  const width = style.width === 0 ? 110 : style.width - indent.length;
  for (const index of order.slice(0, limit)) {
    const ids = paths.path(index);
    const decision = verdictOf(ids)!;
    const count = `${padStart(grouped(paths.counts[index]!), countWidth)} ${style.glyphs.times}`;
    const verdict = paintVerdict(
      style,
      decision.effect,
      `${verdictGlyph(style, decision.effect)} ${phrases.verdict[decision.effect]}`,
    );
    const where = decision.reason === undefined ? decision.layer : `${decision.layer}: ${decision.reason}`;
    printer.line(
      `  ${count}  ${verdict} ${style.paint.bold(where)}  ${style.paint.dim(`${phrases.first} #${paths.first[index]}`)}`,
    );
    for (const line of wrap(steps(ids, style.glyphs.next, style.glyphs.reply), width))
      printer.line(indent + style.paint.dim(line));
  }
  if (order.length > limit) printer.line(`  ${phrases.more(grouped(order.length - limit), '--paths')}`);
  if (paths.others > 0) printer.line(`  ${phrases.otherPaths(grouped(paths.others))}`);
}

/** `nic_mac_ours nic_ring_slot › driver_ipv4 › …`: names by layer in the order taken; replies after their sign. */
function steps(ids: Uint16Array, then: string, reply: string): string {
  let out = '';
  let layer = '';
  for (const id of ids) {
    const decision = CATALOGUE[id] as Decision;
    if (decision.effect === 'event') continue;
    if (decision.effect === 'reply') out += ` ${reply} ${nameOf(id)}`;
    else {
      out += out === '' ? nameOf(id) : decision.layer === layer ? ` ${nameOf(id)}` : ` ${then} ${nameOf(id)}`;
      layer = decision.layer;
    }
  }
  return out;
}

function verdictOf(ids: Uint16Array): Decision | null {
  for (let i = ids.length - 1; i >= 0; i--) {
    const decision = CATALOGUE[ids[i]!] as Decision;
    if (Effect[decision.effect] <= Effect.observe) return decision;
  }
  return null;
}

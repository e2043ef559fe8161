import { CATALOGUE } from '../../trace/catalogue.ts';
import { type Decision, Effect } from '../../trace/decision.ts';
import type { Printer } from '../terminal/printer.ts';
import { paintVerdict, verdictGlyph } from '../terminal/style.ts';
import { grouped, padStart, wrap } from '../words/layout.ts';
import { nameOf } from '../words/words.ts';
import type { PathTable } from './paths.ts';

/**
 * The different paths of climbing frames, most travelled first: count, verdict, then the decisions layer by layer. The first path is
 * written out; in the others a layer that did the same as there is only named. At most `limit` of them.
 */
export function printPaths(printer: Printer, paths: PathTable, limit: number, flag = '--paths'): void {
  const { style, phrases } = printer;
  const order = Array.from({ length: paths.size }, (_, index) => index)
    .filter((index) => climbs(paths.path(index)))
    .sort((x, y) => paths.counts[y]! - paths.counts[x]! || x - y);
  printer.title(phrases.paths, order.length > 1 ? phrases.differentPaths(String(order.length)) : String(order.length));
  const countWidth = Math.max(1, ...order.map((index) => grouped(paths.counts[index]!).length));
  const indent = ' '.repeat(countWidth + 6);
  const width = style.width === 0 ? 110 : style.width - indent.length;
  const model = order.length === 0 ? new Map<string, string>() : byLayer(paths.path(order[0]!), style.glyphs.reply);
  order.slice(0, limit).forEach((index, rank) => {
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
    const layers = [...byLayer(ids, style.glyphs.reply)];
    const text = layers
      .map(([layer, steps]) => (rank > 0 && model.get(layer) === steps ? layer : steps))
      .join(` ${style.glyphs.next} `);
    for (const line of wrap(text, width)) printer.line(indent + style.paint.dim(line));
  });
  if (order.length > limit) printer.line(`  ${phrases.more(grouped(order.length - limit), flag)}`);
  if (paths.others > 0) printer.line(`  ${phrases.otherPaths(grouped(paths.others))}`);
}

/** The names of a path's decisions, layer by layer in the order taken; replies after their sign. */
function byLayer(ids: Uint16Array, reply: string): Map<string, string> {
  const out = new Map<string, string>();
  let layer = '';
  for (const id of ids) {
    const decision = CATALOGUE[id] as Decision;
    if (decision.effect === 'event') continue;
    if (decision.effect !== 'reply' || layer === '') layer = decision.layer;
    const name = decision.effect === 'reply' ? `${reply} ${nameOf(id)}` : nameOf(id);
    const before = out.get(layer);
    out.set(layer, before === undefined ? name : `${before} ${name}`);
  }
  return out;
}

function climbs(ids: Uint16Array): boolean {
  const decision = verdictOf(ids);
  return decision !== null && decision.effect !== 'observe';
}

function verdictOf(ids: Uint16Array): Decision | null {
  for (let i = ids.length - 1; i >= 0; i--) {
    const decision = CATALOGUE[ids[i]!] as Decision;
    if (Effect[decision.effect] <= Effect.observe) return decision;
  }
  return null;
}

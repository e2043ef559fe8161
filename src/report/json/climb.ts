import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import { type Decision, Effect } from '../../trace/decision.ts';
import type { Trace } from '../../trace/trace.ts';
import { fragment } from './bytes.ts';

/** `,"verdict":…,"layer":…` and on drops the reasons, by final decision. */
export const VERDICTS: readonly Buffer[] = (CATALOGUE as readonly Decision[]).map((d) => {
  let text = `,"verdict":"${d.effect}","layer":"${d.layer}"`;
  if (d.effect === 'drop') {
    text += `,"reason":"${d.reason ?? 'not_specified'}"`;
    if (d.skb !== undefined) text += `,"skb_reason":"${d.skb}"`;
  }
  return fragment(text);
});
export const IS_DROP = Uint8Array.from(CATALOGUE, (d: Decision) => (d.effect === 'drop' ? 1 : 0));
const IS_STEP = Uint8Array.from(CATALOGUE, (d: Decision) => (Effect[d.effect] <= Effect.observe ? 1 : 0));

/** `,"path":[…]`, all steps but the last `pass`; before it, where the frame was not dropped, its verdict and layer. */
export function climb({ ids, length, final }: Trace): Buffer {
  let last = length - 1;
  while (last >= 0 && IS_STEP[ids[last]!] === 0) last--;
  const steps: string[] = [];
  for (let i = 0; i <= last; i++) {
    const id = ids[i]!;
    if (IS_STEP[id] === 0) continue;
    const d = CATALOGUE[id] as Decision;
    steps.push(`{"layer":"${d.layer}","verdict":"${i === last ? d.effect : 'pass'}","decision":"${NAMES[id]}"}`);
  }
  const verdict = final < 0 || IS_DROP[final] === 1 ? '' : VERDICTS[final]!.toString();
  return fragment(`${verdict},"path":[${steps.join(',')}]`);
}

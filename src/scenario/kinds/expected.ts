import { CATALOGUE, NAMES } from '../../trace/catalogue.ts';
import { LAYERS } from '../../trace/decision.ts';
import { STATE_NAMES } from '../../trace/state.ts';
import { didYouMean } from '../text/problems.ts';
import { Wrong } from '../text/tokens.ts';
import { type Kind, oneOf, quoted, wordKind } from './kind.ts';

/** Reasons of each layer, and of all. */
export const REASONS_OF: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  LAYERS.map((layer) => [
    layer,
    new Set(CATALOGUE.flatMap((entry) => (entry.layer === layer && entry.reason !== undefined ? [entry.reason] : []))),
  ]),
);
const REASON_NAMES = [...new Set(CATALOGUE.flatMap((entry) => (entry.reason === undefined ? [] : [entry.reason])))].sort();

export const LAYER = wordKind<(typeof LAYERS)[number]>({
  name: 'layer',
  expected: `a layer (${LAYERS.join(', ')})`,
  parse(text, token) {
    const lower = text.toLowerCase();
    const layer = LAYERS.find((each) => each === lower);
    if (layer !== undefined || !REASON_NAMES.includes(lower)) return layer;
    const of = LAYERS.filter((each) => REASONS_OF.get(each)!.has(lower));
    throw new Wrong(
      token.at,
      `${quoted(token)} is a reason: the layer stands before it`,
      didYouMean(of.map((each) => `drop ${each} ${lower}`)),
    );
  },
  write: (value) => value,
  schema: { enum: LAYERS },
  words: LAYERS,
});

/** A reason of any layer; `NO_SOCKET` as the kernel writes it will do. */
export const REASON: Kind<string> = wordKind<string>({
  name: 'reason',
  expected: 'a reason to drop (`rxpath explain` lists them)',
  parse(text, token) {
    const lower = text.toLowerCase();
    if (REASON_NAMES.includes(lower)) return lower;
    const decision = CATALOGUE[(NAMES as readonly string[]).indexOf(lower)];
    if (decision?.reason === undefined) return undefined;
    throw new Wrong(
      token.at,
      `${quoted(token)} is a decision and no reason`,
      `did you mean \`drop ${decision.layer} ${decision.reason}\`, or \`expect decision ${lower}\`?`,
    );
  },
  write: (value) => value,
  schema: { type: 'string', pattern: '^[a-z0-9_]+$' },
  words: REASON_NAMES,
});

export const DECISION = wordKind<string>({
  name: 'decision',
  expected: 'a decision of the catalogue (`rxpath explain` lists them)',
  parse: (text) => ((NAMES as readonly string[]).includes(text.toLowerCase()) ? text.toLowerCase() : undefined),
  write: (value) => value,
  schema: { type: 'string', pattern: '^[a-z0-9_]+$' },
  words: NAMES,
});

/** Also as ss(8) and RFC 9293 write them. */
export const STATE = wordKind<string>({
  name: 'socket_state',
  expected: `a state of a socket (${STATE_NAMES.join(' ')})`,
  parse(text) {
    const plain = text.toUpperCase().replaceAll('-', '_');
    const name = STATE_ALIASES.get(plain) ?? plain;
    return (STATE_NAMES as readonly string[]).includes(name) ? name : undefined;
  },
  write: (value) => value,
  schema: { enum: STATE_NAMES },
  words: STATE_NAMES,
});
const STATE_ALIASES: ReadonlyMap<string, string> = new Map([
  ['ESTAB', 'ESTABLISHED'],
  ['SYN_RECEIVED', 'SYN_RECV'],
  ['FIN_WAIT_1', 'FIN_WAIT1'],
  ['FIN_WAIT_2', 'FIN_WAIT2'],
  ['LISTENING', 'LISTEN'],
  ['CLOSE', 'CLOSED'],
]);

/** `observe`: what the captured server itself has sent. */
export const ANALYSED = oneOf('analysed', ['deliver', 'consume', 'hold', 'forward', 'drop', 'observe']);

export const COUNTED = oneOf('counted', ['deliver', 'consume', 'hold', 'forward', 'drop', 'reply'], {
  drops: 'drop',
  dropped: 'drop',
  delivered: 'deliver',
  consumed: 'consume',
  held: 'hold',
  forwarded: 'forward',
  replies: 'reply',
});

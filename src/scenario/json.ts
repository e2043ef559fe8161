import type { Problems } from './problems.ts';
import type { Script, Span } from './script.ts';
export function parseJson(_text: string, _file: string, _include: (path: string, at: Span) => Script | null, _problems: Problems): Script {
  throw new Error('not yet');
}

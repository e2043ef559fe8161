import { checkScript } from './check/check.ts';
import { parseJson } from './json/json.ts';
import { ScriptParser } from './script/script-parser.ts';
import { Problems } from './text/problems.ts';
import type { Script, Span } from './tree/script.ts';

/** A file that a script includes: its name for messages, unique for each file, and its text; or why it cannot be had. */
export type Loaded = { readonly file: string; readonly text: string } | { readonly problem: string };
/** `path` as written in the file `from`. */
export type Load = (path: string, from: string) => Loaded;

/** How a script is read. */
export interface ParseOptions {
  /** Absent: `include` is kept and not followed, and names are not checked, since they may come from there. */
  readonly load?: Load;
}

/**
 * Reads a script, or a server configuration; a file whose name ends in `.json` is read as the JSON form. Throws ScriptError with
 * everything that is wrong.
 */
export function parseScript(text: string, file: string, options: ParseOptions = {}): Script {
  const problems = new Problems();
  const script = parseInto(text, file, options.load, [file], problems);
  checkScript(script, problems, options.load !== undefined);
  problems.settle();
  return { ...script, sources: problems.sources };
}

/** As `parseScript`, but tells `problems` instead of throwing. `within`: the files that include this one, and itself. */
function parseInto(text: string, file: string, load: Load | undefined, within: readonly string[], problems: Problems): Script {
  const include = (path: string, at: Span): Script | null => includeFile(path, at, load, within, problems);
  if (/\.json$/i.test(file)) return parseJson(text, file, include, problems);
  return new ScriptParser(text, file, include, problems).parse();
}

/** Files in files in files. */
const DEEPEST = 20;

function includeFile(
  path: string,
  at: Span,
  load: Load | undefined,
  within: readonly string[],
  problems: Problems,
): Script | null {
  if (load === undefined) return null;
  const loaded = load(path, within.at(-1)!);
  if ('problem' in loaded) problems.add(at, loaded.problem);
  else if (within.includes(loaded.file)) {
    const circle = [...within.slice(within.indexOf(loaded.file)), loaded.file];
    problems.add(at, `a file cannot include itself: ${circle.join(' includes ')}`);
  } else if (within.length >= DEEPEST) problems.add(at, `files include each other more than ${DEEPEST} deep`);
  else return parseInto(loaded.text, loaded.file, load, [...within, loaded.file], problems);
  return { file: path, statements: [], tail: [], sources: problems.sources };
}

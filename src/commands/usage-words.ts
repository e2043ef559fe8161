import { nearest } from '../trace/nearest.ts';

/** What oclif says of a command line, by the form of its message, and how we say it. `$1`, `$2`: what it names. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^Parsing --(\S+)\s+Expected an integer but received: ?(.*)$/, '--$1 $2 is not a whole number. Example: --$1 7'],
  [/^Parsing --(\S+)\s+Expected an integer greater than or equal to (-?\d+) but received: .*$/, '--$1 begins at $2'],
  [/^Parsing --(\S+)\s+Expected an integer less than or equal to (-?\d+) but received: .*$/, '--$1 goes up to $2'],
  [/^Expected --(\S+?)=(.*) to be one of: (.*)$/, '--$1 $2 is not known. There are: $3'],
  [/^Flag --(\S+) expects a value$/, '--$1 needs a value'],
  [/^Flag --(\S+) expects one of these values: (.*)$/, '--$1 needs a value: $2'],
  [/^Flag --(\S+) can only be specified once$/, '--$1 can be given only once'],
  [/^Unexpected arguments?: (.*)$/, 'one name is enough, and this is too much: $1'],
];
const NO_FLAG = /^Nonexistent flags?: ([^,\s]+)/;

/** A command line that oclif does not understand, in a line, with the nearest flag and where the help is. `flags`: names of the command's own. */
export function usageText(message: string, command: string, flags: readonly string[]): string {
  const line = message
    .split('\nSee more help')[0]!
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  const help = `Help: rxpath ${command} --help`;
  const [, unknown] = NO_FLAG.exec(line) ?? [];
  if (unknown !== undefined) {
    const near = nearest(unknown.replace(/^-+/, ''), flags, 2).map((flag) => `--${flag}`);
    return `there is no flag ${unknown}. ${near.length === 0 ? '' : `Did you mean ${near.join(' or ')}? `}${help}`;
  }
  for (const [form, words] of FORMS) if (form.test(line)) return `${line.replace(form, words)}. ${help}`;
  return `${line}. ${help}`;
}

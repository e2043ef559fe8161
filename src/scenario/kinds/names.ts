import { Wrong } from '../text/tokens.ts';
import { NAME_PATTERN } from './addresses.ts';
import { type Kind, quoted, wordKind } from './kind.ts';

/** Words that begin a statement, so that nothing else may be called so. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'server host profile sysctl route neighbour neighbor neigh firewall listen site respond client wait sleep hex replay impair signal capture ' +
    'repeat for end include expect all'
  ).split(' '),
);

function nameKind(name: string, expected: string, declares: boolean): Kind<string> {
  return wordKind<string>({
    name,
    expected,
    parse(text, token) {
      if (!NAME_PATTERN.test(text) || text.length > 64) return undefined;
      if (declares && RESERVED.has(text.toLowerCase()))
        throw new Wrong(token.at, `${quoted(token)} is a word of the language and cannot be a name`);
      return text;
    },
    write: (value) => value,
    schema: { type: 'string', pattern: NAME_PATTERN.source, maxLength: 64 },
  });
}

export const NEW_NAME = nameKind('new_name', 'a name (a letter, then letters, digits, _ . and -)', true);
export const INTERFACE = nameKind('interface', 'the name of an interface, such as eth0', false);
export const CLIENT = nameKind('client', 'the name of a client', false);
export const CONNECTION = nameKind('connection', 'the name of a connection', false);

/** Of which something is said: what is said follows it. */
export const CONNECTION_BEFORE: Kind<string> = {
  ...CONNECTION,
  name: 'connection_before',
  starts: (token, cursor) => cursor.peek(1) !== undefined && CONNECTION.starts(token, cursor),
};

/** Linux has dots; slashes as in /proc/sys will do, and `net.` may be left out. */
export const SYSCTL = wordKind<string>({
  name: 'sysctl_name',
  expected: 'the name of a setting, such as net.ipv4.ip_forward',
  parse(text, token) {
    const [name, value] = text.split('=');
    if (value !== undefined)
      throw new Wrong(token.at, `${quoted(token)}: name and value are two words here`, `did you mean \`${name} ${value}\`?`);
    const dotted = text.replaceAll('/', '.').replace(/^\.?proc\.sys\./, '');
    if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(dotted)) return undefined;
    return /^(ipv4|ipv6|core|netfilter)\./.test(dotted) ? `net.${dotted}` : dotted;
  },
  write: (value) => value,
  schema: { type: 'string', pattern: '^[a-z0-9_-]+(\\.[a-z0-9_-]+)+$' },
});

/** A loop's variable. */
export const VARIABLE = wordKind<string>({
  name: 'variable',
  expected: 'the name of a variable, such as n',
  parse(text, token) {
    if (/^\$\w/.test(token.raw))
      throw new Wrong(
        token.at,
        `\`${token.raw}\` is a value; a variable is named without $`,
        `did you mean \`${token.raw.slice(1)}\`?`,
      );
    return /^[A-Za-z_]\w{0,31}$/.test(text) ? text : undefined;
  },
  write: (value) => value,
  schema: { type: 'string', pattern: '^[A-Za-z_]\\w*$' },
});

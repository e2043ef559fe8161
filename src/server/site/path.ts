/** What a path of a target comes to. */
export type Resolved =
  | { readonly kind: 'path'; readonly path: string; readonly hidden: boolean }
  /** It climbs out of the site. */
  | { readonly kind: 'traversal' }
  /** It has an escape that means nothing. */
  | { readonly kind: 'malformed' };

/** Names that may begin with a dot (RFC 8615). */
const KNOWN_DOT_NAMES = new Set(['.well-known']);

/**
 * Decodes a path once and removes its dot segments (RFC 3986 §5.2.4) and empty ones. Backslashes are separators to some file systems:
 * a path that would climb out of the site if they were is refused too.
 */
export function resolvePath(raw: string): Resolved {
  const decoded = decode(raw);
  if (decoded === null) return { kind: 'malformed' };
  if (walk(decoded.split(/[/\\]/)) === null) return { kind: 'traversal' };
  const names = walk(decoded.split('/'));
  if (names === null) return { kind: 'traversal' };
  const isDirectory = /(?:^|\/)\.{0,2}$/.test(decoded);
  const path = `/${names.join('/')}${isDirectory && names.length > 0 ? '/' : ''}`;
  return { kind: 'path', path, hidden: names.some((name) => name.startsWith('.') && !KNOWN_DOT_NAMES.has(name)) };
}

/** The path of a rule, as `resolvePath` would have it. */
export function rulePath(text: string): string {
  const wild = text.endsWith('*') && text !== '*';
  const resolved = text === '*' ? null : resolvePath(wild ? text.slice(0, -1) : text);
  if (resolved === null || resolved.kind !== 'path') return text;
  return wild ? `${resolved.path}*` : resolved.path;
}

/** A path as a target or a Location has it. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeName).join('/');
}

/** Letters that a path segment may hold as they are (RFC 3986 §3.3) are not escaped. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/%(?:24|26|2B|2C|3A|3B|3D|40)/g, decodeURIComponent);
}

function decode(raw: string): string | null {
  try {
    const decoded = decodeURIComponent(raw);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no name may hold
    return /[\x00-\x1f\x7f]/.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

/** The segments without empty ones, `.` and `..`; null where there are more `..` than segments before them. */
function walk(segments: readonly string[]): string[] | null {
  const names: string[] = [];
  for (const segment of segments) {
    if (segment === '..') {
      if (names.pop() === undefined) return null;
    } else if (segment !== '' && segment !== '.') names.push(segment);
  }
  return names;
}

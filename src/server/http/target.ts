/** `host` or `host:port` (RFC 3986 §3.2.2): a name, an IPv4 address, an IP literal in brackets. No user information (RFC 9110 §4.2.4). */
const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+(?:%25[\w.~-]+)?\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::\d*)?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)([^?#]*)/i;

/** Host and port as Host and CONNECT have them (RFC 9110 §7.2, RFC 9112 §3.2.3). */
export function isAuthority(text: string): boolean {
  return AUTHORITY.test(text);
}

/** Whether a target has a form that its method may have (RFC 9112 §3.2): a path, a whole http URI, or, for OPTIONS, `*`. */
export function isTarget(method: string, target: string): boolean {
  if (target.startsWith('/')) return true;
  if (target === '*') return method === 'OPTIONS';
  const match = ABSOLUTE.exec(target);
  return match !== null && isAuthority(match[1]!);
}

/** The path of a target as it stands there, without the query; `*` for the server as a whole. */
export function rawPathOf(target: string): string {
  const match = ABSOLUTE.exec(target);
  const path = match === null ? target.replace(/[?#].*$/s, '') : match[2]!;
  return path === '' ? '/' : path;
}

/** The query with its question mark, or nothing. */
export function queryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : target.slice(at);
}

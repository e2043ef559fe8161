import { clientErrors } from './statuses/client-errors.ts';
import type { StatusEntry } from './statuses/entry.ts';
import { informational } from './statuses/informational.ts';
import { redirection } from './statuses/redirection.ts';
import { serverErrors } from './statuses/server-errors.ts';
import { successful } from './statuses/successful.ts';

export type { StatusEntry } from './statuses/entry.ts';

/** Status codes that the server gives, and others that captures often hold, in order (RFC 9110 §15, RFC 6585). */
export const STATUSES: readonly StatusEntry[] = [
  ...informational,
  ...successful,
  ...redirection,
  ...clientErrors,
  ...serverErrors,
];

const BY_NUMBER = new Map(STATUSES.map((entry) => [entry.status, entry]));

/** The entry of an HTTP status code; undefined for one that is not registered. */
export function statusEntry(status: number): StatusEntry | undefined {
  return BY_NUMBER.get(status);
}

const CLASSES = {
  en: ['', 'informational', 'successful', 'redirection', 'client error', 'server error'],
  zh: ['', '信息', '成功', '重定向', '客户端错误', '服务器错误'],
} as const;

/** What the first digit says: `client error`; empty where it says nothing (RFC 9110 §15). */
export function statusClass(status: number, lang: 'en' | 'zh'): string {
  return status >= 100 && status < 600 ? CLASSES[lang][Math.floor(status / 100)]! : '';
}

import type { RequestListener } from 'node:http';
import type { Mounted } from '../configuration.ts';
import { describe } from './answer.ts';
import { answerAsHandler, type Handler } from './handler.ts';
import { answerAsListener } from './listener.ts';

/** What a module exports cannot be used as a server program. */
export class MountError extends Error {
  override readonly name = 'MountError';
}

/**
 * Makes a program of what a module exports (its namespace object): its default export, or without one its export `fetch`. In this order it
 * may be: an object or function with a method `fetch` (a Hono app); a function with a method `handle` (an Express app) or with two
 * parameters or more, or an http.Server: a Node request listener; any other function: a handler of web-standard requests.
 * Throws MountError with one sentence.
 */
export function mount(name: string, module: unknown): Mounted {
  for (const exported of candidates(module)) {
    const mounted = mountExport(name, exported);
    if (mounted !== null) return mounted;
  }
  const found = candidates(module);
  throw new MountError(
    `${name} exports ${found.length === 0 ? 'neither a default nor fetch' : describe(found[0])}: it needs a default export that is a function (request) => Response, ` +
      'an object with fetch(request), or a Node request listener (request, response)',
  );
}

/** The default export, that of a CommonJS module compiled from ESM, then the module itself for its `fetch`. */
function candidates(module: unknown): unknown[] {
  const outer = member(module, 'default');
  const found = [outer, member(outer, 'default'), isObject(module) && member(module, 'fetch') !== undefined ? module : undefined];
  return found.filter((each) => each !== undefined);
}

function mountExport(name: string, exported: unknown): Mounted | null {
  const fetch = member(exported, 'fetch');
  if (typeof fetch === 'function') {
    return { name, kind: 'fetch', answer: answerAsHandler((request) => fetch.call(exported, request)) };
  }
  if (typeof exported === 'function') {
    const isListener = exported.length >= 2 || typeof member(exported, 'handle') === 'function';
    return isListener
      ? { name, kind: 'listener', answer: answerAsListener(exported as RequestListener) }
      : { name, kind: 'handler', answer: answerAsHandler(exported as Handler) };
  }
  const emit = member(exported, 'emit');
  if (typeof emit === 'function' && typeof member(exported, 'listen') === 'function') {
    return { name, kind: 'listener', answer: answerAsListener((req, res) => emit.call(exported, 'request', req, res)) };
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function member(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}

import type { HostConfig } from '../host/config.ts';
import type { Answer, Question } from './http/answer.ts';
import type { RespondRule, SiteFiles } from './site.ts';

/** A user's program that was loaded from a module: `mount` in mounted.ts makes it of what the module exports. */
export interface Mounted {
  /** As the script names it: `./module.js`. */
  readonly name: string;
  /** What the module exports: a handler of web-standard requests, an object that has one as `fetch`, or a Node request listener. */
  readonly kind: 'handler' | 'fetch' | 'listener';
  /** Answers a request. Throws, or rejects, with what the program throws. `signal`: it is waited for no longer. */
  answer(question: Question, signal: AbortSignal): Answer | Promise<Answer>;
}

/** What the server program of a machine is besides its sockets. */
export interface ProgramConfiguration {
  /** Null: no `site` statement; the built-in page is served. */
  readonly site: SiteFiles | null;
  /** Bytes that requests may add to the site. Absent: 64 MB. */
  readonly room?: number;
  readonly rules: readonly RespondRule[];
  /** Loaded programs by the name that `listen … program NAME` has. */
  readonly mounted: ReadonlyMap<string, Mounted>;
  /** Milliseconds of real time after which a mounted program is given up that does not answer. Absent: 5000. */
  readonly handlerTimeout?: number;
}

/** A configured machine: its host and its server program. */
export interface ServerConfiguration extends ProgramConfiguration {
  readonly host: HostConfig;
}

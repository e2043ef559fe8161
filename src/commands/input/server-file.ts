import { Console } from 'node:console';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type HostPart, hostPart, type WrittenPath } from '../../scenario/host-part.ts';
import { type Problem, problemAt, ScriptError } from '../../scenario/text/problems.ts';
import type { Script } from '../../scenario/tree/script.ts';
import type { Mounted, ServerConfiguration } from '../../server/configuration.ts';
import { MountError, mount } from '../../server/mounted/mounted.ts';
import type { SiteFile, SiteFiles } from '../../server/site.ts';
import { Exit, Failure } from '../failure.ts';
import { fromScript, readScript, reasonOf } from './script-file.ts';

/** Bytes and files of a site, which is kept in memory. */
const MOST_BYTES = 256 * 1024 * 1024;
const MOST_FILES = 20_000;

/** A configuration, and whether its file says what the host's addresses are. */
export interface ServerFile {
  readonly configuration: ServerConfiguration;
  /** There is a `server` line. Otherwise `host.macs` and `host.addresses` are empty. */
  readonly hasServer: boolean;
}

/**
 * Reads a server configuration: the host part of a script, the files of its site and its modules. Rejects with Failure: exit 2 for what
 * is not understood, 3 if FILE cannot be read.
 */
export async function readServerFile(path: string): Promise<ServerFile> {
  const configuration = await configurationOf(readScript(path), false);
  return { configuration, hasServer: configuration.host.macs.length > 0 };
}

/** The machine that a script's host part describes. Rejects with Failure (exit 2). */
export async function configurationOf(script: Script, needsServer = true): Promise<ServerConfiguration> {
  const problems: Problem[] = [];
  const part = host(script, needsServer);
  const site =
    part.site === null
      ? null
      : readSite(part.site, part.modified, (at, message) => problems.push(problemAt(script.sources, at, message)));
  const mounted = new Map<string, Mounted>();
  // a module that prints must not print into our output
  if (part.modules.length > 0) globalThis.console = new Console(process.stderr);
  for (const module of part.modules) {
    const file = resolve(fromScript(module.path, module.at.file));
    if (!existsSync(file)) {
      problems.push(problemAt(script.sources, module.at, `there is no file ${module.path}`));
      continue;
    }
    try {
      mounted.set(module.path, mount(module.path, await import(pathToFileURL(file).href)));
    } catch (error) {
      problems.push(problemAt(script.sources, module.at, loadProblem(module.path, error)));
    }
  }
  if (problems.length > 0) throw failure(script, new ScriptError(problems));
  const { host: machine, rules, room } = part;
  return { host: machine, site, rules, mounted, ...(room === undefined ? {} : { room }) };
}

function host(script: Script, needsServer: boolean): HostPart {
  try {
    return hostPart(script, needsServer);
  } catch (error) {
    throw error instanceof ScriptError ? failure(script, error) : error;
  }
}

function failure(script: Script, error: ScriptError): Failure {
  return new Failure(error.code, Exit.usage, `the script cannot be run\n${error.message}`, { file: script.file });
}

function loadProblem(name: string, error: unknown): string {
  const { code, name: kind, message } = error as NodeJS.ErrnoException;
  if (error instanceof MountError) return message;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') return `${name} cannot be loaded: ${firstLine(message)}`;
  return `${name} cannot be loaded: ${kind ?? 'error'}: ${firstLine(message ?? String(error))}`;
}

function firstLine(text: string): string {
  return text.split('\n')[0]!;
}

/**
 * All files below a directory, by their path on the site. What is no plain file is left out. `modified`: the files' own dates would differ
 * from one copy of a directory to the next.
 */
function readSite(
  { path, at }: WrittenPath,
  modified: number | undefined,
  tell: (at: WrittenPath['at'], message: string) => void,
): SiteFiles {
  const root = fromScript(path, at.file);
  const files = new Map<string, SiteFile>();
  let bytes = 0;
  try {
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' }).sort()) {
      const stat = statSync(join(root, name), { throwIfNoEntry: false });
      if (stat === undefined || !stat.isFile()) continue;
      bytes += stat.size;
      if (bytes > MOST_BYTES || files.size >= MOST_FILES) {
        tell(at, `${root} is too large for a site in memory: at most ${MOST_FILES} files and ${MOST_BYTES / 1024 / 1024} MB`);
        break;
      }
      files.set(`/${name.split(sep).join('/')}`, {
        bytes: readFileSync(join(root, name)),
        ...(modified === undefined ? {} : { modified }),
      });
    }
  } catch (error) {
    const reason = reasonOf(error);
    tell(at, reason === 'there is no such file' ? `there is no directory ${root}` : `${root} cannot be read: ${reason}`);
  }
  return files;
}

import { accessSync, constants, fstatSync, open, type Stats, statSync } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import type { ByteSource } from './byte-source.ts';
import { CaptureError, shownName, systemCode } from './error.ts';
import { FileSource } from './file-source.ts';
import { GzipSource, isGzip } from './gzip-source.ts';
import { PrefixedSource } from './prefixed-source.ts';
import { StreamSource } from './stream-source.ts';

export type { ByteSource } from './byte-source.ts';

/** What can be said of an input before it is opened. */
export interface Inspection {
  /** Bytes on disk; null for pipes and devices. */
  readonly size: number | null;
  readonly rewindable: boolean;
}

const SNIFF_BYTES = 3;
const STDIN = 0;

/**
 * Opens a file, a named pipe or device, or standard input (`-`); gzip is recognised by its first bytes and inflated.
 * Rejects with CaptureError (E_CAPTURE_NOT_FOUND, E_CAPTURE_IS_DIRECTORY, E_CAPTURE_UNREADABLE).
 */
export async function openSource(path: string): Promise<ByteSource> {
  return inflated(path === '-' ? await openStandardInput() : await openPath(path));
}

/** The source itself, or what it inflates to where its first bytes are gzip's. */
export async function inflated(raw: ByteSource): Promise<ByteSource> {
  const start = new Uint8Array(SNIFF_BYTES);
  let length = 0;
  while (length < SNIFF_BYTES) {
    const count = await raw.read(start, length, SNIFF_BYTES - length);
    if (count === 0) break;
    length += count;
  }
  const whole = await unread(raw, start.subarray(0, length));
  return isGzip(start, length) ? new GzipSource(whole) : whole;
}

async function unread(raw: ByteSource, start: Uint8Array): Promise<ByteSource> {
  if (!raw.rewindable) return new PrefixedSource(raw, start);
  await raw.rewind();
  return raw;
}

/** Whether a path can be read, without reading. Rejects as `openSource` does. */
export async function inspect(path: string): Promise<Inspection> {
  const stat = await statistics(path);
  return stat.isFile() ? { size: stat.size, rewindable: true } : { size: null, rewindable: false };
}

async function statistics(path: string): Promise<Stats> {
  let stat: Stats;
  try {
    stat = path === '-' ? fstatSync(STDIN) : statSync(path);
    if (path !== '-') accessSync(path, constants.R_OK);
  } catch (error) {
    throw refusal(path, error);
  }
  if (!stat.isDirectory()) return stat;
  throw new CaptureError('E_CAPTURE_IS_DIRECTORY', path, `${shownName(path)} is a directory. Name the capture files in it.`);
}

async function openPath(path: string): Promise<ByteSource> {
  const stat = await statistics(path);
  const fd = await descriptor(path);
  if (stat.isFile()) return new FileSource(fd, path, stat.size);
  if (stat.isFIFO()) return new StreamSource(new Socket({ fd, readable: true, writable: false }), path);
  return new FileSource(fd, path, null);
}

/** `rxpath analyze - < file` is a file all the same, with a size and positions. */
async function openStandardInput(): Promise<ByteSource> {
  if (isatty(STDIN)) {
    const message = 'Standard input is a terminal. Pipe a capture into it, as in `tcpdump -U -w - | rxpath analyze -`.';
    throw new CaptureError('E_CAPTURE_UNREADABLE', '-', message);
  }
  const stat = await statistics('-');
  return stat.isFile() ? new FileSource(STDIN, '-', stat.size) : new StreamSource(process.stdin, '-');
}

function descriptor(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    open(path, 'r', (error, fd) => {
      if (error === null) resolve(fd);
      else reject(refusal(path, error));
    });
  });
}

function refusal(path: string, cause: unknown): CaptureError {
  const reason = systemCode(cause);
  const name = shownName(path);
  const because = { cause };
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    const message = `${name} does not exist. Check the path; \`-\` reads standard input.`;
    return new CaptureError('E_CAPTURE_NOT_FOUND', path, message, 0, because);
  }
  if (reason === 'EACCES' || reason === 'EPERM') {
    const message = `${name} may not be read by this user (${reason}). Change its permissions, or run as a user who may.`;
    return new CaptureError('E_CAPTURE_UNREADABLE', path, message, 0, because);
  }
  const message = `${name} cannot be opened (${reason}). Name a capture file, or \`-\` for standard input.`;
  return new CaptureError('E_CAPTURE_UNREADABLE', path, message, 0, because);
}

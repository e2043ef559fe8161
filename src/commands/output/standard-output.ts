import { writeSync } from 'node:fs';
import { Output } from '../../report/terminal/output.ts';

/** The standard output of the process. A pipe is made blocking first, where the platform lets us: the kernel then does the waiting. */
export function standardOutput(): Output {
  const handle = (process.stdout as unknown as { _handle?: { setBlocking?(on: boolean): void } })._handle;
  handle?.setBlocking?.(true);
  return new Output((bytes, start, length) => writeSync(process.stdout.fd, bytes, start, length));
}

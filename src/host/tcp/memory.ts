import type { TcpConnection } from './connection.ts';
import { sendMemory } from './send.ts';
import { memoryInUse } from './window.ts';

const PAGE = 4096;

/** Memory of both directions is reserved in pages: what is left of them. */
export function spareMemory(c: TcpConnection): number {
  return c.reserved - memoryInUse(c) - sendMemory(c);
}

/** As many more pages as `size` bytes need. */
export function reserveMemory(c: TcpConnection, size: number): void {
  const lacking = size - spareMemory(c);
  if (lacking > 0) c.reserved += Math.ceil(lacking / PAGE) * PAGE;
}

/** Memory was given back: whole pages are no longer reserved. */
export function releasePages(c: TcpConnection): void {
  const spare = spareMemory(c);
  if (spare >= PAGE) c.reserved -= spare - (spare % PAGE);
}

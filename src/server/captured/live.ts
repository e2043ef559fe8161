import type { CapturedConnection } from './connection.ts';

/** Connections that are not over, in the order in which they began; each is taken out of their chain without being looked for. */
export class LiveConnections {
  private first: CapturedConnection | null = null;
  private last: CapturedConnection | null = null;

  add(connection: CapturedConnection): void {
    const { last } = this;
    connection.before = last;
    if (last === null) this.first = connection;
    else last.behind = connection;
    this.last = connection;
  }

  /** Takes out one that is there. */
  remove(connection: CapturedConnection): void {
    const { before, behind } = connection;
    if (before === null) this.first = behind;
    else before.behind = behind;
    if (behind === null) this.last = before;
    else behind.before = before;
    connection.before = connection.behind = null;
  }

  clear(): void {
    this.first = this.last = null;
  }

  *[Symbol.iterator](): Iterator<CapturedConnection> {
    for (let connection = this.first; connection !== null; connection = connection.behind) yield connection;
  }
}

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  gone: boolean;
}

/** Entries that are behind the head and gone are swept out when there are so many more of them than of the others. */
const SLACK = 64;

/**
 * A map that knows which of its entries came first. (A Map's own order is no good for that: looking for the first one walks over all that
 * were deleted before it.)
 */
export class AgingMap<V> {
  private readonly entries = new Map<string, Entry<V>>();
  private queue: Entry<V>[] = [];
  private head = 0;

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    return this.entries.get(key)?.value;
  }

  /** The key is not there yet. */
  add(key: string, value: V): void {
    if (this.queue.length - this.head > this.size * 2 + SLACK) this.sweep();
    const entry = { key, value, gone: false };
    this.entries.set(key, entry);
    this.queue.push(entry);
  }

  delete(key: string): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    entry.gone = true;
    this.entries.delete(key);
  }

  /** The entry that came first; undefined where there is none. */
  oldest(): V | undefined {
    return this.first()?.value;
  }

  deleteOldest(): void {
    const entry = this.first();
    if (entry !== undefined) this.delete(entry.key);
  }

  keys(): IterableIterator<string> {
    return this.entries.keys();
  }

  private first(): Entry<V> | undefined {
    while (this.queue[this.head]?.gone === true) this.head++;
    if (this.head * 2 > this.queue.length + SLACK) this.sweep();
    return this.queue[this.head];
  }

  private sweep(): void {
    this.queue = this.queue.filter((entry) => !entry.gone);
    this.head = 0;
  }
}

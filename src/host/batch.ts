/** Things that are gathered and let go all at once, many times over: emptied by a count, because an array that is cut gives its memory back. */
export class Batch<T> {
  size = 0;
  private readonly items: (T | null)[] = [];

  add(item: T): void {
    if (this.size === this.items.length) this.items.push(item);
    else this.items[this.size] = item;
    this.size++;
  }

  /** `index` is below `size`. */
  at(index: number): T {
    return this.items[index] as T;
  }

  has(item: T): boolean {
    for (let i = 0; i < this.size; i++) if (this.items[i] === item) return true;
    return false;
  }

  clear(): void {
    for (let i = 0; i < this.size; i++) this.items[i] = null;
    this.size = 0;
  }
}

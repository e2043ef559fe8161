/**
 * Rows of numbers in one block of memory, for objects of which there may be very many at a time: numbers that do not fit in 31 bits would
 * be an object each in fields of their own, and the memory would be looked through for all of them again and again.
 */
export class NumberRows {
  values: Float64Array;
  private readonly width: number;
  private readonly free: number[] = [];
  private used = 0;

  constructor(width: number) {
    this.width = width;
    this.values = new Float64Array(width * 64);
  }

  /** Where in `values` a row begins that nobody has. */
  take(): number {
    const given = this.free.pop();
    if (given !== undefined) return given;
    const at = this.used;
    this.used += this.width;
    if (this.used > this.values.length) {
      const more = new Float64Array(this.values.length * 2);
      more.set(this.values);
      this.values = more;
    }
    return at;
  }

  give(at: number): void {
    this.free.push(at);
  }
}

/** Something that waits for a time. Owned by a connection, a fragment queue, a neighbour …; arm it through `Timers`. */
export abstract class Alarm {
  /** Nanoseconds when `expire` is due; Infinity: not set. */
  due = Number.POSITIVE_INFINITY;
  /** The heap entry that stands for this alarm; Infinity: none. */
  scheduled = Number.POSITIVE_INFINITY;
  /** Counts up with every setting. */
  order = 0;
  abstract expire(now: number): void;
}

/**
 * Virtual time's alarm clock: a binary heap in which an alarm has at most one live entry. Moving an alarm later costs one store (the
 * entry is looked at when it comes up), so a deadline that every segment pushes back stays cheap. Of equal
 * times the one that was set last fires first, as in Linux, whose wheel keeps each slot's timers so.
 */
export class Timers {
  private times = new Float64Array(256);
  private orders = new Float64Array(256);
  private alarms: Alarm[] = [];
  private size = 0;
  private order = 0;
  /** Earliest entry; Infinity when nothing waits. It may be early: an alarm since moved is only then looked at again. */
  next = Number.POSITIVE_INFINITY;

  /** Time has no fractions of a nanosecond: what falls between two is due at the later one. */
  arm(alarm: Alarm, time: number): void {
    const due = Math.ceil(time);
    if (due !== alarm.due) alarm.order = this.order++;
    alarm.due = due;
    if (due < alarm.scheduled) this.push(alarm, due);
  }

  cancel(alarm: Alarm): void {
    alarm.due = Number.POSITIVE_INFINITY;
  }

  /** Takes the next alarm due at or before `until` off the clock, or null. The caller sets the time and calls `expire`. */
  take(until: number): Alarm | null {
    while (this.next <= until) {
      const time = this.next;
      const alarm = this.pop();
      if (alarm.scheduled !== time) continue;
      alarm.scheduled = Number.POSITIVE_INFINITY;
      if (alarm.due === Number.POSITIVE_INFINITY) continue;
      if (alarm.due > time) {
        this.push(alarm, alarm.due);
        continue;
      }
      return alarm;
    }
    return null;
  }

  private push(alarm: Alarm, time: number): void {
    alarm.scheduled = time;
    if (this.size === this.times.length) this.makeRoom();
    let at = this.size++;
    const { order } = alarm;
    const { times, orders, alarms } = this;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(time, order, times[parent]!, orders[parent]!)) break;
      times[at] = times[parent]!;
      orders[at] = orders[parent]!;
      alarms[at] = alarms[parent]!;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    alarms[at] = alarm;
    if (at === 0) this.next = time;
  }

  private pop(): Alarm {
    const { times, orders, alarms } = this;
    const top = alarms[0]!;
    const last = --this.size;
    const time = times[last]!;
    const order = orders[last]!;
    const alarm = alarms.pop()!;
    if (last > 0) this.sink(0, time, order, alarm);
    this.lookNext();
    return top;
  }

  /** Puts an entry in the place `from` or as far below it as its time says. */
  private sink(from: number, time: number, order: number, alarm: Alarm): void {
    const { times, orders, alarms, size } = this;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && before(times[right]!, orders[right]!, times[child]!, orders[child]!)) child = right;
      if (!before(times[child]!, orders[child]!, time, order)) break;
      times[at] = times[child]!;
      orders[at] = orders[child]!;
      alarms[at] = alarms[child]!;
      at = child;
    }
    times[at] = time;
    orders[at] = order;
    alarms[at] = alarm;
  }

  /** Lets go of entries that stand for nothing any more, and takes twice the memory if that is not enough. */
  private makeRoom(): void {
    const { times, orders, alarms } = this;
    let kept = 0;
    for (let at = 0; at < this.size; at++) {
      const alarm = alarms[at]!;
      const time = times[at]!;
      if (alarm.scheduled !== time) continue;
      if (alarm.due === Number.POSITIVE_INFINITY) {
        alarm.scheduled = Number.POSITIVE_INFINITY;
        continue;
      }
      times[kept] = time;
      orders[kept] = orders[at]!;
      alarms[kept++] = alarm;
    }
    this.size = kept;
    alarms.length = kept;
    for (let at = (kept >> 1) - 1; at >= 0; at--) this.sink(at, times[at]!, orders[at]!, alarms[at]!);
    this.lookNext();
    if (kept * 2 > times.length) this.grow();
  }

  private lookNext(): void {
    this.next = this.size === 0 ? Number.POSITIVE_INFINITY : this.times[0]!;
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    times.set(this.times);
    const orders = new Float64Array(this.times.length * 2);
    orders.set(this.orders);
    this.times = times;
    this.orders = orders;
  }
}

function before(timeA: number, orderA: number, timeB: number, orderB: number): boolean {
  return timeA < timeB || (timeA === timeB && orderA > orderB);
}

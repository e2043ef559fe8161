import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Alarm, Timers } from '../../../src/host/time/timers.ts';

class Named extends Alarm {
  readonly name: number;

  constructor(name: number) {
    super();
    this.name = name;
  }

  expire(): void {}
}

/** Names of the alarms that fire up to a time, in their order. */
function fired(timers: Timers, until: number): number[] {
  const names: number[] = [];
  for (let alarm = timers.take(until); alarm !== null; alarm = timers.take(until)) {
    alarm.due = Number.POSITIVE_INFINITY;
    names.push((alarm as Named).name);
  }
  return names;
}

describe('timers', () => {
  it('fire in the order of their times, of equal ones the last one set first', () => {
    const timers = new Timers();
    [30, 10, 20, 10, 30].forEach((due, name) => {
      timers.arm(new Named(name), due);
    });
    assert.equal(timers.next, 10);
    assert.deepEqual(fired(timers, 20), [3, 1, 2]);
    assert.deepEqual(fired(timers, 29), []);
    assert.deepEqual(fired(timers, 30), [4, 0]);
    assert.equal(timers.next, Number.POSITIVE_INFINITY);
  });

  it('fire at the time they were moved to, and not when they were cancelled', () => {
    const timers = new Timers();
    const alarms = [new Named(0), new Named(1), new Named(2)];
    for (const alarm of alarms) timers.arm(alarm, 10);
    timers.arm(alarms[0]!, 5);
    timers.arm(alarms[1]!, 50);
    timers.cancel(alarms[2]!);
    assert.deepEqual(fired(timers, 49), [0]);
    assert.deepEqual(fired(timers, 50), [1]);
  });

  it('fire as a list of them would, whatever is set, moved and cancelled', () => {
    const step = fc.record({ name: fc.nat(599), due: fc.nat(5000), act: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { minLength: 700, maxLength: 1500 }), (steps) => {
        const timers = new Timers();
        const alarms = new Map<number, Named>();
        const due = new Map<number, number>();
        let now = 0;
        for (const { name, due: after, act } of steps) {
          let alarm = alarms.get(name);
          if (act < 6) {
            // an object of its own each time leaves entries behind that stand for nothing
            if (alarm !== undefined && act < 4) timers.cancel(alarm);
            if (alarm === undefined || act < 4) alarm = new Named(name);
            alarms.set(name, alarm);
            timers.arm(alarm, now + after);
            due.set(name, now + after);
          } else if (act < 9) {
            if (alarm !== undefined) timers.cancel(alarm);
            due.delete(name);
          } else {
            now += Math.ceil(after / 10);
            const expected = [...due].filter(([, time]) => time <= now).map(([name]) => name);
            assert.deepEqual(fired(timers, now).sort(compare), expected.sort(compare));
            for (const name of expected) due.delete(name);
          }
        }
        const rest = [...due].sort((a, b) => a[1] - b[1]);
        const times = fired(timers, Number.MAX_SAFE_INTEGER).map((name) => due.get(name)!);
        assert.deepEqual(
          times,
          rest.map(([, time]) => time),
        );
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});

function compare(a: number, b: number): number {
  return a - b;
}

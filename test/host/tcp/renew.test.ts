import assert from 'node:assert/strict';
import { TcpConnection } from '../../../src/host/tcp/connection.ts';
import { NumberRows } from '../../../src/host/tcp/number-rows.ts';
import { renew } from '../../../src/host/tcp/renew.ts';
import { SpareSockets } from '../../../src/host/tcp/spare.ts';
import { TIME_WAIT_NUMBERS, TimeWaitSocket } from '../../../src/host/tcp/time-wait-socket.ts';
import { ConnectionAlarm, TimerKind } from '../../../src/host/tcp/timers.ts';
import { Bench, CAPTURE } from './harness.ts';

/** Not a value of its own: shared, or as it is for the connection's whole life. */
const KEPT = ['protocol', 'tcp', 'sendQueue', 'retransmitAlarm', 'delackAlarm', 'rows', 'row'];
/** What a socket in TIME_WAIT has in its row. */
const NUMBERS = ['iss', 'irs', 'rcvNxt', 'sndNxt', 'tsOffset', 'tsRecent', 'tsRecentAt', 'lastLimitedAckAt'] as const;

function scribbleOver(object: object): void {
  const fields = object as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (KEPT.includes(name) || name === 'receiveQueue' || name === 'lifeAlarm') continue;
    const value = fields[name];
    fields[name] = typeof value === 'number' ? 12345 : typeof value === 'boolean' ? !value : { scribbled: true };
  }
}

/** Fields that are not as in `fresh`. */
function differences(object: object, fresh: object): string[] {
  const a = object as Record<string, unknown>;
  const b = fresh as Record<string, unknown>;
  return Object.keys(a).filter((name) => !KEPT.includes(name) && name !== 'lifeAlarm' && !equal(a[name], b[name]));
}

function equal(a: unknown, b: unknown): boolean {
  try {
    assert.deepStrictEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

describe('objects that are used again', () => {
  it('a connection is as a new one', () => {
    const { tcp } = new Bench({ capture: CAPTURE });
    const fresh = new TcpConnection(tcp, null);
    const used = new TcpConnection(tcp, null);
    used.receiveQueue.push(Uint8Array.of(1, 2, 3), 0, 3, 4);
    used.receiveQueue.take(2, () => {});
    scribbleOver(used);
    assert.ok(differences(used, fresh).length > 150);
    const alarm = new ConnectionAlarm(null, TimerKind.life);
    renew(used, fresh, null, alarm);
    assert.deepEqual(
      differences(used, fresh).filter((name) => name !== 'receiveQueue'),
      [],
    );
    assert.equal(used.recvQ, 0);
    assert.equal(used.receiveQueue.memory, 0);
    assert.equal(used.lifeAlarm, alarm);
    assert.equal(alarm.connection, used);
  });

  it('what TIME_WAIT keeps is all set anew', () => {
    const { tcp } = new Bench({ capture: CAPTURE });
    const connection = new TcpConnection(tcp, null);
    NUMBERS.forEach((name, i) => {
      connection[name] = 4_000_000_000 + i;
    });
    const rows = new NumberRows(TIME_WAIT_NUMBERS);
    const first = new TimeWaitSocket(tcp, rows);
    first.become(connection);
    const others = Array.from({ length: 100 }, () => new TimeWaitSocket(tcp, rows));
    for (const other of others) other.become(new TcpConnection(tcp, null));
    const second = others[50]!;
    scribbleOver(second);
    second.localAny = false;
    second.become(connection);
    assert.deepEqual(
      differences(second, first).filter((name) => name !== 'followed' && name !== 'bucket'),
      [],
    );
    for (const socket of [first, second]) {
      assert.deepEqual(
        NUMBERS.map((name) => socket[name]),
        NUMBERS.map((_, i) => 4_000_000_000 + i),
      );
    }
    assert.equal(others[49]!.iss, -1);
    assert.equal(others[51]!.iss, -1);
    assert.equal(second.lifeAlarm, connection.lifeAlarm);
  });

  it('rows of numbers are given out once at a time', () => {
    const rows = new NumberRows(3);
    const taken = Array.from({ length: 200 }, () => rows.take());
    assert.equal(new Set(taken).size, 200);
    assert.ok(rows.values.length >= 600);
    rows.give(taken[7]!);
    assert.equal(rows.take(), taken[7]);
    assert.ok(!taken.includes(rows.take()));
  });

  it('an alarm serves one socket at a time, the next one when that is gone', () => {
    const { tcp } = new Bench({ capture: CAPTURE });
    const spare = new SpareSockets(tcp);
    const first = spare.connection(null);
    const alarm = first.lifeAlarm;
    const left = spare.timeWaitSocket();
    left.become(first);
    alarm.connection = left;
    first.lifeAlarm = tcp.noAlarm;
    spare.keep(first);
    const second = spare.connection(null);
    assert.equal(second, first);
    assert.notEqual(second.lifeAlarm, alarm);
    assert.equal(alarm.connection, left);
    alarm.connection = null;
    spare.keep(left);
    spare.keep(second);
    const alarms = new Set([spare.connection(null).lifeAlarm, spare.connection(null).lifeAlarm]);
    assert.equal(alarms.size, 2);
    assert.ok(alarms.has(second.lifeAlarm));
    assert.equal(spare.timeWaitSocket(), left);
  });
});

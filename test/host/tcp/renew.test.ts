import assert from 'node:assert/strict';
import { TcpConnection } from '../../../src/host/tcp/connection.ts';
import { renew } from '../../../src/host/tcp/renew.ts';
import { TimeWaitSocket } from '../../../src/host/tcp/time-wait-socket.ts';
import { Bench, CAPTURE } from './harness.ts';

/** Not a value of its own: shared, or as it is for the connection's whole life. */
const KEPT = ['protocol', 'tcp', 'sendQueue', 'retransmitAlarm', 'delackAlarm'];

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
    const alarm = used.lifeAlarm;
    renew(used, fresh, null);
    assert.deepEqual(
      differences(used, fresh).filter((name) => name !== 'receiveQueue'),
      [],
    );
    assert.equal(used.recvQ, 0);
    assert.equal(used.receiveQueue.memory, 0);
    assert.notEqual(used.lifeAlarm, alarm);
    assert.equal(used.lifeAlarm.connection, used);
  });

  it('what TIME_WAIT keeps is all set anew', () => {
    const { tcp } = new Bench({ capture: CAPTURE });
    const connection = new TcpConnection(tcp, null);
    connection.rcvNxt = 77;
    const first = new TimeWaitSocket(tcp);
    first.become(connection);
    const second = new TimeWaitSocket(tcp);
    scribbleOver(second);
    second.localAny = false;
    second.become(connection);
    assert.deepEqual(
      differences(second, first).filter((name) => name !== 'followed' && name !== 'bucket'),
      [],
    );
    assert.equal(second.rcvNxt, 77);
    assert.equal(second.lifeAlarm, connection.lifeAlarm);
  });
});

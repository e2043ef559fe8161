import assert from 'node:assert/strict';
import { AskedOnce } from '../../../src/replay/described/asked-once.ts';
import type { Mounted } from '../../../src/server/configuration.ts';
import type { Question } from '../../../src/server/http/answer.ts';
import { ConnectionRecord } from '../../../src/server/http/exchange.ts';

describe('a program that two servers ask', () => {
  let asked: string[];
  let one: Mounted;
  let other: Mounted;
  const never = new AbortController().signal;

  beforeEach(() => {
    asked = [];
    const answer = (question: Question) => {
      asked.push(question.target);
      return { status: 200, fields: [], body: Buffer.from(String(asked.length)) };
    };
    const once = new AskedOnce({ name: './a.js', kind: 'handler', answer } as unknown as Mounted);
    one = once.asker();
    other = once.asker();
  });

  const ask = async (server: Mounted, clientIsn: number, target: string): Promise<string> => {
    const connection = Object.assign(new ConnectionRecord(), { clientPort: 40_000, clientIsn });
    const answer = await server.answer({ method: 'GET', target, connection } as unknown as Question, never);
    return Buffer.from((answer as { body: Uint8Array }).body).toString();
  };

  it('is asked once what both ask', async () => {
    assert.deepEqual(
      [await ask(one, 7, '/a'), await ask(other, 7, '/a'), await ask(other, 7, '/a'), await ask(one, 7, '/a')],
      ['1', '1', '2', '2'],
    );
  });

  it('is asked anew on the next connection of the same ports, whatever came on the one before', async () => {
    await ask(one, 7, '/a');
    assert.deepEqual([await ask(one, 8, '/a'), await ask(other, 8, '/a')], ['2', '2']);
    assert.deepEqual(asked, ['/a', '/a']);
  });
});

import assert from 'node:assert/strict';
import { inProcess } from './in-process.ts';

describe('explain a status', () => {
  it('is a command', async () => {
    const { code, out, err } = await inProcess(['explain', '429']);
    assert.deepEqual([code, err], [0, '']);
    assert.match(out, /^429 Too Many Requests {2}client error\n[\s\S]*\n {2}rule {8}RFC 6585 §4\n/);
    const chinese = await inProcess(['explain', '503', '--lang', 'zh']);
    assert.match(chinese.out, /^503 Service Unavailable {2}服务器错误\n/);
    const json = await inProcess(['explain', 'http', '--json']);
    const first = JSON.parse(json.out.split('\n')[0]!) as { type: string; status: number };
    assert.deepEqual([json.code, first.type, first.status], [0, 'status', 100]);
  });

  it('leaves with 2 for a number that is none', async () => {
    const { code, err } = await inProcess(['explain', '777']);
    assert.equal(code, 2);
    assert.match(err, /777 is no status/);
  });
});

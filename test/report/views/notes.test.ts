import assert from 'node:assert/strict';
import { noteText } from '../../../src/report/views/notes.ts';
import { NOTE_CODES, type Note } from '../../../src/trace/run.ts';

describe('notes', () => {
  const texts: readonly [note: Note, en: string, zh: string][] = [
    [{ code: 'fcs_present', count: 7 }, '7 received frames carry their FCS', '收到的帧中有 7 个带有 FCS'],
    [
      { code: 'turned_back', count: 2 },
      'routers on the way turned back 2 packets (ICMP errors): those to the host climb here all the same',
      '途中的路由器退回了 2 个报文（ICMP 差错）：其中发往本主机的在此仍照样攀升',
    ],
    [
      { code: 'absent_host', text: '9.9.9.9', others: '10.0.0.1, 10.0.0.2' },
      'no frame comes from 9.9.9.9 or goes there; the capture is about 10.0.0.1, 10.0.0.2',
      '没有任何帧来自或发往 9.9.9.9；抓包中有 10.0.0.1, 10.0.0.2',
    ],
    [
      { code: 'not_opened', text: 'tcp/80', others: 'EADDRINUSE' },
      'a socket of the program could not be opened: tcp/80, in use already (EADDRINUSE)',
      '程序有一个套接字未能打开：tcp/80，端口已被占用（EADDRINUSE）',
    ],
    [
      { code: 'not_opened', text: 'tcp/81', others: 'EADDRNOTAVAIL' },
      'a socket of the program could not be opened: tcp/81, not an address of this host (EADDRNOTAVAIL)',
      '程序有一个套接字未能打开：tcp/81，不是本机的地址（EADDRNOTAVAIL）',
    ],
  ];
  for (const [note, en, zh] of texts) it(en, () => assert.deepEqual([noteText(note, 'en'), noteText(note, 'zh')], [en, zh]));

  it('have words of both languages', () => {
    for (const code of NOTE_CODES) {
      if (code === 'other') continue;
      assert.ok(noteText({ code }, 'en').length > 10, code);
      assert.match(noteText({ code }, 'zh'), /[一-鿿]/, code);
    }
  });
});

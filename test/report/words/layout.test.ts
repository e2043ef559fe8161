import assert from 'node:assert/strict';
import { plainStyle } from '../../../src/report/terminal/style.ts';
import {
  byteSize,
  columns,
  cutTo,
  duration,
  grouped,
  listed,
  ofFile,
  padEnd,
  padStart,
  seconds,
  tame,
  wrap,
} from '../../../src/report/words/layout.ts';

describe('layout', () => {
  it('lets no text steer the terminal', () => {
    assert.equal(tame('/\x1b[31mred\x9b2J\0\r\n\x7f'), '/\\x1b[31mred\\x9b2J\\x00\\x0d\\x0a\\x7f');
    assert.equal(tame('GET /é 主机 …'), 'GET /é 主机 …');
  });

  const durations: readonly [number, string][] = [
    [0, '0 ns'],
    [850, '850 ns'],
    [1000, '1 µs'],
    [43_210, '43.2 µs'],
    [31_400_000, '31.4 ms'],
    [1_020_000_000, '1.02 s'],
    [63_000_000_000, '63 s'],
    [7_200_000_000_000, '120 min'],
    [86_400_000_000_000, '24 h'],
    [192_600_000_000_000_000, '2,229 d'],
    [-2_500_000, '-2.5 ms'],
  ];
  for (const [ns, text] of durations) it(`writes ${ns} ns as ${text}`, () => assert.equal(duration(ns), text));

  const sizes: readonly [number, string][] = [
    [0, '0 B'],
    [9999, '9,999 B'],
    [10_000, '10 kB'],
    [1_234_567, '1.23 MB'],
    [5_000_000_000, '5 GB'],
  ];
  for (const [n, text] of sizes) it(`writes ${n} bytes as ${text}`, () => assert.equal(byteSize(n), text));

  const numbers: readonly [number, string][] = [
    [7, '7'],
    [999, '999'],
    [1000, '1,000'],
    [1_234_567, '1,234,567'],
  ];
  for (const [n, text] of numbers) it(`groups ${n}`, () => assert.equal(grouped(n), text));

  it('writes seconds with six decimals', () => {
    assert.equal(seconds(1_234_567_890), '1.234568');
    assert.equal(seconds(-1000), '-0.000001');
  });

  it('counts two columns for Chinese and none for colour codes', () => {
    assert.equal(columns('丢弃 x'), 6);
    assert.equal(columns('\u001b[31mdrop\u001b[39m'), 4);
  });

  it('pads by columns', () => {
    assert.equal(padEnd('丢', 4), '丢  ');
    assert.equal(padStart('丢', 4), '  丢');
    assert.equal(padEnd('longer', 3), 'longer');
  });

  it('cuts to a width, and leaves what fits', () => {
    const style = plainStyle();
    assert.equal(cutTo(style, 'no socket', 6), 'no so…');
    assert.equal(cutTo(style, '没有套接字', 6), '没有…');
    assert.equal(cutTo(style, 'no socket', 9), 'no socket');
    assert.equal(cutTo(style, 'no socket', 0), 'no socket');
  });

  it('names the first of many and counts the rest', () => {
    const more = (n: string) => `and ${n} more`;
    assert.equal(listed(['a', 'b'], 2, ', ', more), 'a, b');
    assert.equal(listed(Array(1002).fill('a'), 2, ', ', more), 'a, a and 1,000 more');
    assert.equal(listed([], 2, ', ', more), '');
  });

  it('names a file once', () => {
    assert.equal(ofFile('x.pcap', 'The record is cut.'), 'x.pcap: The record is cut.');
    assert.equal(ofFile('x.pcap', 'x.pcap does not exist.'), 'x.pcap does not exist.');
    assert.equal(ofFile('x.pcap', 'x.pcap: The gzip stream ends early.'), 'x.pcap: The gzip stream ends early.');
    assert.equal(ofFile('-', 'The record is cut.'), 'standard input: The record is cut.');
    assert.equal(ofFile('-', 'standard input is empty.'), 'standard input is empty.');
  });

  it('wraps at spaces and between Chinese characters', () => {
    assert.deepEqual(wrap('the port is closed', 8), ['the port', 'is', 'closed']);
    assert.deepEqual(wrap('端口已关闭', 4), ['端口', '已关', '闭']);
    assert.deepEqual(wrap('one line', 0), ['one line']);
  });

  it('keeps a word that is longer than the width', () =>
    assert.deepEqual(wrap('a tcp_checksum_offloaded b', 6), ['a', 'tcp_checksum_offloaded', 'b']));
});

import { NO_BLOCKS, type TcpConnection } from './connection.ts';
import { after, before } from './seq.ts';

/** Remembers a duplicate to report in the next ACK (RFC 2883). */
export function setDsack(c: TcpConnection, left: number, right: number): void {
  if (!c.sackOk || c.tcp.sysctl['ipv4.tcp_dsack'] === 0) return;
  c.dsack = true;
  c.dsackLeft = left;
  c.dsackRight = right;
}

/** Makes the reported duplicate reach over this one too, where they touch. */
export function extendDsack(c: TcpConnection, left: number, right: number): void {
  if (!c.dsack) {
    setDsack(c, left, right);
    return;
  }
  if (after(left, c.dsackRight) || after(c.dsackLeft, right)) return;
  if (before(left, c.dsackLeft)) c.dsackLeft = left;
  if (after(right, c.dsackRight)) c.dsackRight = right;
}

/** A segment has joined the out-of-order queue: its block comes first (RFC 2018 §4). */
export function addSackBlock(c: TcpConnection, left: number, right: number): void {
  if (c.sackBlocks === NO_BLOCKS) c.sackBlocks = new Float64Array(8);
  const blocks = c.sackBlocks;
  for (let i = 0; i < c.sackBlockCount; i++) {
    if (after(blocks[i * 2]!, right) || after(left, blocks[i * 2 + 1]!)) continue;
    if (before(left, blocks[i * 2]!)) blocks[i * 2] = left;
    if (after(right, blocks[i * 2 + 1]!)) blocks[i * 2 + 1] = right;
    moveToFront(c, i);
    if (c.sackBlockCount > 1) mergeWithFirst(c);
    return;
  }
  if (c.sackBlockCount < 4) c.sackBlockCount++;
  for (let i = c.sackBlockCount - 1; i > 0; i--) {
    blocks[i * 2] = blocks[i * 2 - 2]!;
    blocks[i * 2 + 1] = blocks[i * 2 - 1]!;
  }
  blocks[0] = left;
  blocks[1] = right;
}

function moveToFront(c: TcpConnection, at: number): void {
  const blocks = c.sackBlocks;
  for (let i = at; i > 0; i--) {
    const left = blocks[i * 2]!;
    const right = blocks[i * 2 + 1]!;
    blocks[i * 2] = blocks[i * 2 - 2]!;
    blocks[i * 2 + 1] = blocks[i * 2 - 1]!;
    blocks[i * 2 - 2] = left;
    blocks[i * 2 - 1] = right;
  }
}

function mergeWithFirst(c: TcpConnection): void {
  const blocks = c.sackBlocks;
  for (let i = 1; i < c.sackBlockCount; ) {
    if (after(blocks[i * 2]!, blocks[1]!) || after(blocks[0]!, blocks[i * 2 + 1]!)) {
      i++;
      continue;
    }
    if (before(blocks[i * 2]!, blocks[0]!)) blocks[0] = blocks[i * 2]!;
    if (after(blocks[i * 2 + 1]!, blocks[1]!)) blocks[1] = blocks[i * 2 + 1]!;
    remove(c, i);
  }
}

function remove(c: TcpConnection, at: number): void {
  c.sackBlockCount--;
  for (let i = at; i < c.sackBlockCount; i++) {
    c.sackBlocks[i * 2] = c.sackBlocks[i * 2 + 2]!;
    c.sackBlocks[i * 2 + 1] = c.sackBlocks[i * 2 + 3]!;
  }
}

/** Blocks that RCV.NXT has passed are no longer reported. */
export function removeSackBlocks(c: TcpConnection): void {
  if (c.reassembly === null || c.reassembly.count === 0) {
    c.sackBlockCount = 0;
    return;
  }
  for (let i = 0; i < c.sackBlockCount; ) {
    if (before(c.rcvNxt, c.sackBlocks[i * 2]!)) i++;
    else remove(c, i);
  }
}

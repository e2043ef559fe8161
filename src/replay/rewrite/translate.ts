import type { Facts } from '../../trace/facts.ts';
import type { AddressPlan, Substitute } from './address-plan.ts';

/** Gives a packet of the captured server the addresses that it and its client have in the replay. */
export function translate(packet: Facts, { servers, clients }: AddressPlan): void {
  if (packet.family === 0) return;
  const from = find(packet.family, packet.src0, packet.src1, packet.src2, packet.src3, servers);
  if (from !== undefined) [packet.src0, packet.src1, packet.src2, packet.src3] = from.to;
  // a client whose address became another one talked to the server over no cable
  const to = find(packet.family, packet.dst0, packet.dst1, packet.dst2, packet.dst3, clients);
  if (to !== undefined) [packet.dst0, packet.dst1, packet.dst2, packet.dst3] = to.to;
}

function find(
  family: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  table: readonly Substitute[],
): Substitute | undefined {
  if (table.length === 0) return undefined;
  return table.find(
    (one) => one.family === family && one.from[3] === w3 && one.from[2] === w2 && one.from[1] === w1 && one.from[0] === w0,
  );
}

import { u16, u32 } from '../src/wire/bytes.ts';
import type { LinuxScenario } from './capture.ts';
import { tcpPlace } from './frames.ts';
import { millisecondStart } from './milliseconds.ts';

const MILLISECOND = 1_000_000;
/** From a tick to the frame that its timer sends, and from a client's frame to when the kernel looks at it. */
const LATENCY = 150_000;
/** A cluster of late frames behind their tick is no wider. */
const SPREAD = 1_200_000;

/** Levels of the kernel's timer wheel: a timer of at least `delay` fires at multiples of `grain` of the kernel's clock. */
const LEVELS: readonly { readonly delay: number; readonly grain: number }[] = [
  { delay: 6 * MILLISECOND, grain: 4 * MILLISECOND },
  { delay: 256 * MILLISECOND, grain: 32 * MILLISECOND },
  { delay: 2048 * MILLISECOND, grain: 256 * MILLISECOND },
  { delay: 16384 * MILLISECOND, grain: 2048 * MILLISECOND },
];

/**
 * The recording begins at some moment between two ticks of the kernel, which nothing in it tells but the frames that timers sent. The
 * same scenario, later by as much as it takes for the kernel's ticks to be ours, which are at multiples of their length from time 0.
 */
export function alignTicks(scenario: LinuxScenario, shift = tickShift(scenario)): LinuxScenario {
  if (shift === 0) return scenario;
  return {
    ...scenario,
    duration: scenario.duration + shift / 1e9,
    events: scenario.events.map((event) => ({ ...event, t: event.t + shift / 1e9 })),
    frames: scenario.frames.map(({ time, bytes }) => ({ time: time + shift, bytes })),
  };
}

/** Other shifts that may be right: by every millisecond of a tick where no timer tells it, by every tick of the wheel's second level. */
export function otherShifts(scenario: LinuxScenario): number[] {
  const [tick, coarse] = [LEVELS[0]!, LEVELS[1]!];
  const late = lateFrames(scenario);
  const first = tickShift(scenario);
  const fine = late.some(({ gap }) => gap >= tick.delay) ? [0] : range(tick.grain, MILLISECOND);
  return range(coarse.grain, tick.grain)
    .flatMap((slot) => fine.map((part) => first + slot + part))
    .slice(1);
}

function range(end: number, step: number): number[] {
  return Array.from({ length: end / step }, (_, i) => i * step);
}

function tickShift(scenario: LinuxScenario): number {
  const tick = LEVELS[0]!.grain;
  const late = lateFrames(scenario);
  const phases = late.filter(({ gap }) => gap >= LEVELS[0]!.delay).map(({ time }) => time % tick);
  if (phases.length === 0) return toMillisecond(scenario, 0);
  const inCluster = (start: number) => phases.filter((phase) => (phase - start + tick) % tick < SPREAD).length;
  const start = phases.reduce((best, phase) => (inCluster(phase) > inCluster(best) ? phase : best));
  let shift = toMillisecond(scenario, (2 * tick - start + LATENCY) % tick);
  for (let level = 1; level < LEVELS.length; level++) {
    const { delay, grain } = LEVELS[level]!;
    const finer = LEVELS[level - 1]!.grain;
    const slots = late.filter(({ gap }) => gap >= delay).map(({ time }) => Math.floor(((time + shift) % grain) / finer));
    if (slots.length > 0) shift += (grain - mostCommon(slots) * finer) % grain;
  }
  return shift;
}

/** The kernel's ticks begin with a millisecond of its clock, and TSvals tell those finer than timers do. */
function toMillisecond(scenario: LinuxScenario, shift: number): number {
  const start = millisecondStart(scenario);
  if (start === undefined) return shift;
  const beyond = (start + shift) % MILLISECOND;
  return beyond < MILLISECOND / 2 && beyond <= shift ? shift - beyond : shift + MILLISECOND - beyond;
}

/** The kernel's frames that came some time after anything else happened, and how long their timers had run at least. */
function lateFrames({ events, frames }: LinuxScenario): { readonly time: number; readonly gap: number }[] {
  const found: { time: number; gap: number }[] = [];
  const waiting = new Waiting();
  let last = 0;
  for (const { type, dir, pcap, t } of events) {
    if (type === 'ss' || type === 'note' || type === 'kernel') continue;
    const time = pcap === undefined ? Math.round(t * 1e9) : frames[pcap]!.time;
    const since = pcap === undefined ? time : waiting.since(time, frames[pcap]!.bytes, dir === 'out');
    if (dir === 'out' && last > 0) {
      const quiet = time - last;
      found.push({ time, gap: quiet >= LEVELS[0]!.delay ? Math.max(quiet, time - since) : quiet });
    }
    last = time;
  }
  return found;
}

/** Since when a repeated segment's timer has run: its segment was sent before, and no ACK that got further has come since. */
class Waiting {
  private readonly sent = new Map<string, number>();
  private readonly acked = new Map<string, { ack: number; time: number }>();

  since(time: number, frame: Uint8Array, isSent: boolean): number {
    const at = tcpPlace(frame);
    if (at < 0) return time;
    const ports = isSent ? `${u16(frame, at + 2)}>${u16(frame, at)}` : `${u16(frame, at)}>${u16(frame, at + 2)}`;
    const before = this.acked.get(ports);
    if (!isSent) {
      const ack = u32(frame, at + 8);
      const isAck = (frame[at + 13]! & 0x10) !== 0;
      if (isAck && (before === undefined || ((ack - before.ack) | 0) > 0)) this.acked.set(ports, { ack, time });
      return time;
    }
    const key = `${ports} ${u32(frame, at + 4)}`;
    const first = this.sent.get(key);
    this.sent.set(key, time);
    return first === undefined ? time : Math.max(first, before?.time ?? 0);
  }
}

function mostCommon(numbers: readonly number[]): number {
  const count = (number: number) => numbers.filter((other) => other === number).length;
  return numbers.reduce((best, number) => (count(number) > count(best) ? number : best));
}

import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { JsonReporter } from '../../src/report/json/reporter.ts';
import type { EndInfo, HostInfo, StartInfo } from '../../src/trace/run.ts';
import { Trace } from '../../src/trace/trace.ts';
import { Frame } from '../../src/wire/frame.ts';
import { memoryOutput } from './memory-output.ts';

export const HOST: HostInfo = { addresses: ['10.0.0.1'], macs: ['02:00:00:00:00:01'], listen: ['tcp/80'], choice: 'syn_ack' };

export function startInfo(changes: Partial<StartInfo> = {}): StartInfo {
  return {
    command: 'analyze',
    sources: ['x.pcap'],
    format: 'pcap',
    linkTypes: ['Ethernet'],
    packets: 1,
    t0: 1_700_000_000_000_000_000n,
    host: HOST,
    notes: [],
    ...changes,
  };
}

export function endInfo(changes: Partial<EndInfo> = {}): EndInfo {
  return {
    packets: 1,
    lastTime: 0,
    host: HOST,
    damage: [],
    sockets: [],
    socketCount: 0,
    exchanges: [],
    requestCount: 0,
    responses: new Map(),
    divergences: new Map(),
    notes: [],
    ...changes,
  };
}

/** Lines that the JSON reporter writes of what `work` tells it, without start and end. */
export function jsonLines(work: (reporter: JsonReporter, trace: Trace, frame: Frame) => void): Record<string, unknown>[] {
  const { output, text } = memoryOutput();
  const trace = new Trace();
  trace.events = [];
  const frame = new Frame();
  frame.number = 1;
  work(new JsonReporter(output, '0.1.0'), trace, frame);
  return text()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

const SCHEMA = JSON.parse(readFileSync(new URL('../../schema/rxpath-1.0.schema.json', import.meta.url), 'utf8')) as Schema;

type Schema = { [key: string]: Schema } & { properties?: Record<string, Schema> };

/** The schema that ships, and the same with unknown fields refused: our own lines must not have any. */
export const validate: ValidateFunction = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(
  SCHEMA,
);
export const validateClosed: ValidateFunction = new Ajv2020({ strict: false }).compile(closed(structuredClone(SCHEMA)));

function closed(schema: Schema): Schema {
  for (const definition of Object.values(schema.$defs!)) close(definition, definition === schema.$defs!.sent);
  return schema;
}

function close(schema: Schema, open: boolean): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties } = schema;
  if (properties !== undefined && !open) (schema as Record<string, unknown>).unevaluatedProperties = false;
  for (const inner of Object.values(properties ?? {})) close(inner, false);
  if (schema.items !== undefined) close(schema.items, false);
}

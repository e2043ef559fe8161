import type { Note, Reporter } from '../trace/run.ts';
import { DetailReporter } from './detail-reporter.ts';
import { JsonReporter } from './json/reporter.ts';
import type { Lang } from './lang.ts';
import type { Output } from './terminal/output.ts';
import { Printer } from './terminal/printer.ts';
import { makeStyle, type Terminal } from './terminal/style.ts';
import { TextReporter, type View } from './views/summary.ts';

/** What a command was asked to print, and where. */
export interface ReportRequest {
  readonly json: boolean;
  /** One frame only; 0: all. */
  readonly frame: number;
  readonly views: readonly View[];
  readonly limit: number;
  /** Remarks of the command's own: what a second reader said. */
  readonly notes: readonly Note[];
  readonly ascii: boolean;
  readonly lang: Lang;
  readonly version: string;
  readonly env: Record<string, string | undefined>;
  readonly stream: Terminal;
}

/** The reporter that prints what was asked for. `found` is false where one frame was asked for that did not come. */
export function createReporter(output: Output, request: ReportRequest): Reporter & { readonly found?: boolean } {
  if (request.json) return new JsonReporter(output, request.version, request.frame, request.notes);
  const printer = new Printer(output, makeStyle(request));
  return request.frame > 0 ? new DetailReporter(printer, request.frame) : new TextReporter(printer, request);
}

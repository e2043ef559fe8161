import type { ExpectOutcome } from '../../trace/run.ts';
import type { Printer } from '../terminal/printer.ts';
import { duration, grouped, padEnd } from '../words/layout.ts';
import { printFailure } from './expectations.ts';

/** What came of one script of several. */
export interface ScriptResult {
  readonly name: string;
  /** Why it could not be run; empty: it was. */
  readonly error: string;
  readonly frames: number;
  /** Nanoseconds of virtual time. */
  readonly lasted: number;
  readonly expectations: number;
  readonly failures: readonly ExpectOutcome[];
}

export const SUITE_FORMATS = ['lines', 'tap', 'junit'] as const;
export type SuiteFormat = (typeof SUITE_FORMATS)[number];

/** Tells of scripts that are run like tests. */
export interface SuiteReporter {
  /** There will be so many; `width`: columns of the longest name. */
  begin(scripts: number, width: number): void;
  script(result: ScriptResult): void;
  end(): void;
}

export function createSuiteReporter(printer: Printer, format: SuiteFormat): SuiteReporter {
  if (format === 'tap') return new TapReporter(printer);
  return format === 'junit' ? new JunitReporter(printer) : new LinesReporter(printer);
}

function hasFailed({ error, failures }: ScriptResult): boolean {
  return error !== '' || failures.length > 0;
}

/** For people: a line per script, failures in full, a summary. */
class LinesReporter implements SuiteReporter {
  private readonly printer: Printer;
  private readonly results: ScriptResult[] = [];
  private width = 0;

  constructor(printer: Printer) {
    this.printer = printer;
  }

  begin(_scripts: number, width: number): void {
    this.width = width;
  }

  script(result: ScriptResult): void {
    const { printer } = this;
    const { style, phrases } = printer;
    const { paint, glyphs } = style;
    this.results.push({ ...result, failures: result.failures });
    const mark = hasFailed(result) ? paint.red(glyphs.dropped) : paint.green(glyphs.check);
    const { frames, expectations, failures, lasted, error } = result;
    const told =
      error === '' ? phrases.scriptRan(grouped(expectations), grouped(frames), duration(lasted)) : phrases.scriptNotRun;
    const failed = failures.length === 0 ? '' : `  ${paint.red(phrases.failed(grouped(failures.length)))}`;
    printer.line(`${mark} ${padEnd(result.name, this.width)}  ${paint.dim(told)}${failed}`);
    printer.flush();
  }

  end(): void {
    const { printer, results } = this;
    const { phrases, style } = printer;
    for (const { error, failures } of results) {
      if (error !== '') {
        printer.line();
        printer.lines(error.split('\n'));
      }
      for (const failure of failures) {
        printer.line();
        printFailure(printer, failure);
      }
    }
    const failed = results.filter(hasFailed).length;
    const expectations = results.reduce((sum, result) => sum + result.expectations, 0);
    const missed = results.reduce((sum, result) => sum + result.failures.length, 0);
    printer.line();
    const text = phrases.suite(grouped(results.length), grouped(failed), grouped(expectations), grouped(missed));
    printer.line(failed === 0 ? style.paint.bold(text) : style.paint.red(text));
    printer.flush();
  }
}

/** Test Anything Protocol, version 14: a test point per script. */
class TapReporter implements SuiteReporter {
  private readonly printer: Printer;
  private number = 0;

  constructor(printer: Printer) {
    this.printer = printer;
  }

  begin(scripts: number): void {
    this.printer.lines(['TAP version 14', `1..${scripts}`]);
  }

  script(result: ScriptResult): void {
    const { printer } = this;
    const failed = hasFailed(result);
    printer.line(`${failed ? 'not ok' : 'ok'} ${++this.number} - ${result.name.replace(/[\\#]/g, '\\$&')}`);
    if (failed) {
      printer.line('  ---');
      if (result.error !== '') printer.lines(['  message: |', ...result.error.split('\n').map((line) => `    ${line}`)]);
      else printer.line(`  message: ${yaml(`${result.failures.length} of ${result.expectations} expectations failed`)}`);
      if (result.failures.length > 0) printer.line('  failures:');
      for (const { file, line, expected, actual } of result.failures) {
        printer.lines([
          `    - at: ${yaml(`${file}:${line}`)}`,
          `      expected: ${yaml(expected)}`,
          `      actual: ${yaml(actual)}`,
        ]);
      }
      printer.line('  ...');
    }
    printer.flush();
  }

  end(): void {
    this.printer.flush();
  }
}

/** JSON's strings are YAML's too. */
function yaml(text: string): string {
  return JSON.stringify(text);
}

/** JUnit's XML as continuous integration reads it: a suite, a test case per script. */
class JunitReporter implements SuiteReporter {
  private readonly printer: Printer;
  private readonly cases: string[] = [];
  private tests = 0;
  private failed = 0;
  private errors = 0;

  constructor(printer: Printer) {
    this.printer = printer;
  }

  begin(): void {}

  script({ name, error, failures, lasted }: ScriptResult): void {
    this.tests++;
    const open = `    <testcase classname="rxpath" name="${xml(name)}" time="${(lasted / 1e9).toFixed(6)}"`;
    if (error !== '') {
      this.errors++;
      this.cases.push(
        `${open}>`,
        `      <error message="${xml(error.split('\n')[0]!)}">${xml(error)}</error>`,
        '    </testcase>',
      );
    } else if (failures.length > 0) {
      this.failed++;
      this.cases.push(`${open}>`);
      for (const { file, line, source, expected, actual } of failures) {
        const text = `${file}:${line}: ${source}\nexpected ${expected}\nhappened ${actual}`;
        this.cases.push(`      <failure message="${xml(`expected ${expected}, happened ${actual}`)}">${xml(text)}</failure>`);
      }
      this.cases.push('    </testcase>');
    } else this.cases.push(`${open}/>`);
  }

  end(): void {
    const { printer, tests, failed, errors } = this;
    const counts = `tests="${tests}" failures="${failed}" errors="${errors}"`;
    printer.line('<?xml version="1.0" encoding="UTF-8"?>');
    printer.lines([`<testsuites ${counts}>`, `  <testsuite name="rxpath" ${counts}>`]);
    printer.lines(this.cases);
    printer.lines(['  </testsuite>', '</testsuites>']);
    printer.flush();
  }
}

/** Characters that XML 1.0 has no way to write are left out. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

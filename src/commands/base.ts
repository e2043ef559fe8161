import { plainJson } from '../report/json/plain-text.ts';
import { ofFile, tame } from '../report/words/layout.ts';
import type { EndInfo } from '../trace/run.ts';
import { Exit, Failure } from './failure.ts';
import { Command, Errors } from './oclif.ts';
import { checkFrame, type Telling } from './output/output-flags.ts';
import { usageText } from './usage-words.ts';

/** What all commands share: errors are one line on standard error (a JSON line with `--json`), with the exit codes of the contract. */
export abstract class BaseCommand extends Command {
  protected override catch(error: Error & { oclif?: { exit?: number }; code?: string }): Promise<never> {
    if (error instanceof Errors.ExitError) throw error;
    let failure = this.toFailure(error);
    if (failure === null) {
      if (process.env.RXPATH_DEBUG) throw error;
      failure = new Failure('E_INTERNAL', Exit.expectation, `${error.message} (a bug of rxpath; RXPATH_DEBUG=1 shows where)`);
    }
    this.complain(failure, this.argv.includes('--json'));
    return this.exit(failure.exit);
  }

  /** Says on standard error what was saved, and what was lost of the input, and leaves with the code for it. A reader that went away is no failure. */
  protected finish(telling: Telling, info: EndInfo): void {
    const saved = telling.bodies?.finish();
    checkFrame(telling, info);
    if (saved !== undefined)
      process.stderr.write(`${telling.json ? plainJson({ type: 'bodies', message: saved }) : `rxpath: ${saved}`}\n`);
    if (telling.output.closed) this.exit(Exit.done);
    this.tellDamage(info, telling.json);
  }

  /** Leaves with the code for it where some of the input was lost. */
  protected tellDamage({ damage }: EndInfo, json: boolean): void {
    for (const { code, message, file, offset } of damage)
      this.complain(new Failure(code, Exit.input, ofFile(file, message), { file, offset }), json);
    if (damage.length > 0) this.exit(Exit.input);
  }

  /** A warning, or what was wrong with an input that could partly be read. */
  protected complain(failure: Failure, json: boolean): void {
    process.stderr.write(`${json ? jsonError(failure) : `rxpath: ${tameLines(failure.message)}`}\n`);
  }

  /** Known failures, capture errors and what oclif says of the command line; null for what would be a bug of ours. */
  private toFailure(error: Error & { code?: string; file?: string; offset?: number }): Failure | null {
    if (error instanceof Failure) return error;
    if (error.name === 'CaptureError' && error.code !== undefined) {
      return new Failure(error.code, Exit.input, error.message, {
        ...(error.file === undefined ? {} : { file: error.file }),
        ...(error.offset === undefined ? {} : { offset: error.offset }),
      });
    }
    if (error.code === 'E_OUTPUT') return new Failure(error.code, Exit.input, error.message);
    if (error instanceof Errors.CLIError)
      return new Failure('E_USAGE', Exit.usage, usageText(error.message, this.id ?? '', Object.keys(this.ctor.flags)));
    return null;
  }
}

/** A message may show lines of a script, with the tabs that they are set in by. */
function tameLines(message: string): string {
  return message.replace(/[^\n\t]+/g, (run) => tame(run));
}

function jsonError(failure: Failure): string {
  return plainJson({
    type: 'error',
    code: failure.code,
    message: failure.message,
    file: failure.file,
    offset: failure.offset,
  });
}

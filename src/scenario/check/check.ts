import { firstAndLast, instantiate } from '../script/unroll.ts';
import { HOST_TYPES } from '../statements/index.ts';
import { type Problems, ScriptError } from '../text/problems.ts';
import { NO_SCOPE, type Scope } from '../text/variables.ts';
import type { HostStatement, Script, Statement, Step } from '../tree/script.ts';
import { HostChecker } from './check-host.ts';
import { StepChecker } from './check-steps.ts';

/** Declarations and settings that may stand between the statements of the host part. */
const TIMELESS: ReadonlySet<string> = new Set(['client', 'impair', 'signal', 'capture']);

/**
 * Finds what is well written and cannot be meant: names that nobody has, a reason that the layer does not know, a route to nowhere.
 * `complete`: all included files are there; otherwise names may come from them and are not checked.
 */
export function checkScript(script: Script, problems: Problems, complete: boolean): void {
  const checker = new Checker(script, problems, complete);
  checker.walk(script.statements, NO_SCOPE);
  checker.finish();
}

class Checker {
  private readonly script: Script;
  private readonly problems: Problems;
  private readonly complete: boolean;
  private readonly host: HostChecker;
  private readonly steps: StepChecker;
  private started: Step | null = null;

  constructor(script: Script, problems: Problems, complete: boolean) {
    this.script = { ...script, sources: problems.sources };
    this.problems = problems;
    this.complete = complete;
    this.host = new HostChecker(problems);
    this.steps = new StepChecker(problems, complete, this.host);
  }

  walk(statements: readonly Statement[], scope: Scope): void {
    for (const statement of statements) {
      if (statement.type === 'include') {
        if (statement.script !== null) this.walk(statement.script.statements, scope);
      } else if (statement.type === 'repeat' || statement.type === 'for') this.loop(statement, scope);
      else if (statement.type === 'pattern') {
        this.steps.declarePattern(statement);
        this.resolved(() => this.step(instantiate(statement, scope, this.script), true));
      } else if (HOST_TYPES.has(statement.type)) this.hostStatement(statement as HostStatement);
      else this.step(statement as Step, scope.size > 0);
    }
  }

  finish(): void {
    this.host.finish();
    if (this.complete && this.started !== null && this.host.server === null && this.problems.count === 0) {
      this.problems.add(
        this.started.at,
        'there is no `server` line before the first step',
        'add `server eth0 mac 02:00:00:00:00:01 ip 10.0.0.1/24`',
      );
    }
  }

  /** The first round, and the last: there the numbers are largest. */
  private loop(loop: Extract<Statement, { type: 'repeat' | 'for' }>, scope: Scope): void {
    this.resolved(() => {
      const { first, last } = firstAndLast(loop, scope, this.script);
      const before = this.problems.count;
      if (first !== null) this.walk(loop.body, first);
      if (last !== null && this.problems.count === before) this.walk(loop.body, last);
    });
  }

  private resolved(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      for (const { at, message, hint } of error.problems) this.problems.add(at, message, hint);
    }
  }

  private hostStatement(statement: HostStatement): void {
    if (this.started !== null) {
      this.problems.add(
        statement.at,
        `\`${statement.type}\` belongs to the host part, before the first step (line ${this.started.at.line})`,
      );
    }
    this.host.check(statement);
  }

  private step(step: Step, looped: boolean): void {
    if (!TIMELESS.has(step.type)) this.started ??= step;
    this.steps.check(step, looped);
  }
}

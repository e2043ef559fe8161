import Analyze from './analyze.ts';
import Explain from './explain.ts';
import Fmt from './fmt.ts';
import Generate from './generate.ts';
import Replay from './replay.ts';
import Run from './run.ts';
import Scenarios from './scenarios.ts';
import Serve from './serve.ts';

/** What oclif is told of: every command by its name. */
export const COMMANDS = {
  analyze: Analyze,
  explain: Explain,
  fmt: Fmt,
  generate: Generate,
  replay: Replay,
  run: Run,
  scenarios: Scenarios,
  serve: Serve,
};

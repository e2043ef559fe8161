import Analyze from './analyze.ts';
import Explain from './explain.ts';

/** What oclif is told of: every command by its name. */
export const COMMANDS = { analyze: Analyze, explain: Explain };

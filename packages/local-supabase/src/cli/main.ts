import { readCommandLine, USAGE, UsageError } from './command.line.ts';
import { CommandFailed, reset, start, status, stop } from './commands.ts';

const ACTIONS = { start, status, stop, reset };
/** Errors whose message says all; everything else is a fault of ours and shows where. */
const KNOWN = ['ConfigError', 'FolderInUse', 'PortUnavailable', 'ScriptFailed'];

try {
  const line = readCommandLine(process.argv.slice(2));
  if (line.command === 'help') process.stdout.write(USAGE);
  else await ACTIONS[line.command](line);
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  if (!(error instanceof Error)) return String(error);
  if (error instanceof CommandFailed || KNOWN.includes(error.name)) return error.message;
  return error.stack ?? error.message;
}

import { readCommandLine, USAGE, UsageError } from './command.line.ts';
import { StartRefused } from '../start.refused.ts';
import { CommandFailed, reset, start, status, stop } from './commands.ts';

const ACTIONS = { start, status, stop, reset };

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
  // Everything else is a fault of ours and shows where.
  return error instanceof CommandFailed || error instanceof StartRefused
    ? error.message
    : (error.stack ?? error.message);
}

import { createRequire } from 'node:module';
import { Argument, Command, CommanderError } from 'commander';
import { ApiError } from '../client/errors.ts';
import { addAccountCommands } from './account.commands.ts';
import { addApiCommands } from './api.commands.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';
import { completionFor, SHELLS, type ShellName } from './completion.ts';
import { EXIT, EXIT_HELP, exitCodeOf } from './exit-codes.ts';
import { addStorageCommands } from './storage.commands.ts';
import { addTensorCommands } from './tensor.commands.ts';

/** Of the package, beside `src` and `dist` alike. */
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** Runs one command line, and answers its exit code. Nothing is thrown. */
export async function run(args: readonly string[], shell: Shell): Promise<number> {
  const program = programFor(shell);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (shell.signal.aborted) return EXIT.interrupted;
    const code = exitCodeOf(error);
    // What commander throws it has said already.
    const isSaid = error instanceof CommanderError && error.code !== 'commander.invalidArgument';
    if (code !== 0 && !isSaid) tell(error, shell, program.opts<GlobalOptions>());
    return code;
  }
}

function programFor(shell: Shell): Command {
  const program = new Command('supanest');
  program
    .description('A Supanest API from the command line')
    .version(version, '-V, --version', 'print the version')
    .option('--json', 'print JSON, and nothing else')
    .option('--url <url>', 'the backend, in place of the one that is linked')
    .option('--key <key>', 'its key')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
    })
    .addHelpText(
      'after',
      `\nExamples:\n  $ supanest link http://127.0.0.1:3000 sb_publishable_…\n  $ supanest login ada@example.com\n  $ supanest credits --json\n${EXIT_HELP}`,
    );
  addAccountCommands(program, shell);
  addApiCommands(program, shell);
  addStorageCommands(program, shell);
  addTensorCommands(program, shell);
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .description('print a script that completes commands')
    .addHelpText('after', '\nExample:\n  $ eval "$(supanest completion bash)"')
    .action((name: ShellName) => void shell.stdout.write(completionFor(name, program)));
  return program;
}

/** One sentence; with `--json` what a program needs of it. */
function tell(error: unknown, { stderr }: Shell, { json = false }: GlobalOptions): void {
  const message =
    error instanceof ApiError ? error.detail : error instanceof Error ? error.message : String(error);
  const { code, status, requestId, retryAfter, errors } = (
    error instanceof ApiError ? error : {}
  ) as Partial<ApiError>;
  if (json) {
    stderr.write(
      `${JSON.stringify({ error: message, code, status, request_id: requestId, retry_after: retryAfter, errors })}\n`,
    );
    return;
  }
  stderr.write(`supanest: ${message}\n`);
  for (const fault of errors ?? []) stderr.write(`  ${fault.field}: ${fault.message}\n`);
  if (requestId !== undefined) stderr.write(`  (request ${requestId})\n`);
}

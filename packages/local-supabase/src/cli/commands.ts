import { resolve } from 'node:path';
import type { LocalSupabaseOptions } from '../index.ts';
import { DataFolder } from '../postgres/data.folder.ts';
import { isAlive } from '../postgres/process.identity.ts';
import { readRunning } from '../running.file.ts';
import { launch, STOP_SIGNALS, tellStarted } from './background.ts';
import type { CommandLine } from './command.line.ts';
import { whenNpmEnds } from './npm.parent.ts';
import { formatStatus } from './status.format.ts';

/** Nothing is wrong with the program: it cannot do what was asked. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

const STOP_TIMEOUT_MS = 15_000;
const STOP = '`local-supabase stop`';

/** Runs until it is told to stop, or has another process do so. */
export async function start(line: CommandLine): Promise<void> {
  if (line.detached && !line.launched) return startDetached(line);
  const { startLocalSupabase } = await import('../index.ts');
  const started = startLocalSupabase(optionsOf(line));
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    started
      .then((supabase) => supabase.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  for (const signal of STOP_SIGNALS) process.on(signal, stop);
  // In the background it outlives whoever started it.
  if (!line.launched) whenNpmEnds(stop);
  const facts = formatStatus(await started, 'pretty');
  process.stdout.write(`\n${facts}\nStop it with ${line.launched ? STOP : 'Ctrl+C'}.\n`);
  if (line.launched) tellStarted();
}

async function startDetached(line: CommandLine): Promise<void> {
  const workdir = resolve(line.workdir);
  const running = await readRunning(workdir);
  if (running) {
    process.stdout.write(`${formatStatus(running, 'pretty')}\nIt runs already. Stop it with ${STOP}.\n`);
    return;
  }
  const { hasStarted, output } = await launch(workdir);
  if (!hasStarted) throw new CommandFailed(output.trimEnd());
  process.stdout.write(output);
}

export async function status(line: CommandLine): Promise<void> {
  const running = await readRunning(resolve(line.workdir));
  if (!running)
    throw new CommandFailed('No local Supabase is running here. Start one with `local-supabase start`.');
  process.stdout.write(formatStatus(running, line.output, line.names));
}

export async function stop(line: CommandLine): Promise<void> {
  const running = await readRunning(resolve(line.workdir));
  if (!running) {
    process.stdout.write('No local Supabase is running here.\n');
    return;
  }
  process.kill(running.pid, 'SIGTERM');
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (await isAlive(running)) {
    if (Date.now() > deadline) throw new CommandFailed(`Process ${running.pid} does not stop.`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
  if (line.noBackup) await clear(line);
  process.stdout.write('Stopped.\n');
}

async function clear(line: CommandLine): Promise<void> {
  const folder = await DataFolder.open(resolve(line.workdir, line.dataDir ?? '.supabase'));
  await folder.clear();
  await folder.release();
}

/** Deletes everything the data folder holds, and starts once so that faults of migrations and seed show now. */
export async function reset(line: CommandLine): Promise<void> {
  if (line.postgresUrl !== undefined) {
    throw new CommandFailed(
      'reset does not touch a Postgres of your own. Drop and create its database yourself.',
    );
  }
  const { startLocalSupabase } = await import('../index.ts');
  if (!line.memory) await clear(line);
  const supabase = await startLocalSupabase({
    ...optionsOf(line),
    ports: { api: 0, db: 0, inbox: 0 },
    quiet: true,
  });
  await supabase.close();
  process.stdout.write('The database is new: migrations and seed are applied.\n');
}

function optionsOf({
  workdir,
  dataDir,
  memory,
  postgresUrl,
  ports,
  excluded,
}: CommandLine): LocalSupabaseOptions {
  return {
    workdir,
    memory,
    ports,
    config: Object.fromEntries(excluded.map((name) => [name, { enabled: false }])),
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(postgresUrl === undefined ? {} : { postgresUrl }),
  };
}

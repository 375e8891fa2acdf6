import { parseArgs } from 'node:util';

/** The command line is not understood. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const USAGE = `Usage: local-supabase <command> [options]

Commands
  start     start Postgres, the API and the inbox, until it is stopped
  status    say where the running one is, and its keys
  stop      stop the running one
  reset     delete all data, and apply migrations and seed anew (also: db reset)

Options
  --workdir <folder>     the folder that holds supabase/ (default: the current one)
  --data-dir <folder>    where Postgres keeps its data (default: .supabase in the workdir)
  --memory               keep nothing
  -d, --detach           start: in the background, as the Supabase CLI does
  --db-url <url>         use this Postgres, as a superuser, instead of the own one
  --port <n>             port of the API (default: api.port of config.toml; 0: any)
  --db-port <n>          port of Postgres (default: db.port)
  --inbox-port <n>       port of the inbox (default: local_smtp.port)
  -x, --exclude <names>  leave services out, as the Supabase CLI names them: gotrue, realtime, storage-api, edge-runtime
  --no-backup            stop: delete all data, too
  -o, --output <format>  status: pretty, env or json (default: pretty)
  --override-name <a=b>  status: another variable name, as in api.url=NEXT_PUBLIC_SUPABASE_URL
  -h, --help
`;

export interface CommandLine {
  readonly command: (typeof COMMANDS)[number];
  readonly workdir: string;
  readonly dataDir: string | undefined;
  readonly memory: boolean;
  /** Starts in the background. */
  readonly detached: boolean;
  /** This is the process in the background. */
  readonly launched: boolean;
  readonly postgresUrl: string | undefined;
  /** Sections of config.toml that are switched off. */
  readonly excluded: readonly string[];
  /** Data goes with the process that stops. */
  readonly noBackup: boolean;
  readonly ports: { readonly api?: number; readonly db?: number; readonly inbox?: number };
  readonly output: (typeof OUTPUTS)[number];
  /** Variable names by the dotted names of the Supabase CLI. */
  readonly names: ReadonlyMap<string, string>;
}

const COMMANDS = ['start', 'status', 'stop', 'reset', 'help'] as const;
const OUTPUTS = ['pretty', 'env', 'json'] as const;

/** @throws UsageError */
export function readCommandLine(words: string[]): CommandLine {
  const { values, positionals } = parse(words);
  // As the Supabase CLI says it.
  const [name = 'help', ...more] = positionals.join(' ') === 'db reset' ? ['reset'] : positionals;
  const command = values.help === true ? 'help' : COMMANDS.find((known) => known === name);
  if (command === undefined || more.length > 0)
    throw new UsageError(`unknown command: ${positionals.join(' ')}`);
  const output = OUTPUTS.find((known) => known === values.output);
  if (output === undefined) throw new UsageError(`--output must be one of ${OUTPUTS.join(', ')}`);
  if (values.memory && values['db-url'] !== undefined) {
    throw new UsageError('--memory and --db-url exclude each other');
  }
  return {
    command,
    workdir: values.workdir,
    dataDir: values['data-dir'],
    memory: values.memory,
    detached: values.detach,
    launched: values.launched,
    postgresUrl: values['db-url'],
    excluded: (values.exclude ?? []).flatMap((names) => names.split(',')).flatMap(sectionOf),
    noBackup: values['no-backup'],
    ports: {
      ...port('api', values.port),
      ...port('db', values['db-port']),
      ...port('inbox', values['inbox-port']),
    },
    output,
    names: new Map((values['override-name'] ?? []).map(renaming)),
  };
}

const OPTIONS = {
  workdir: { type: 'string', default: '.' },
  'data-dir': { type: 'string' },
  memory: { type: 'boolean', default: false },
  detach: { type: 'boolean', short: 'd', default: false },
  launched: { type: 'boolean', default: false },
  'db-url': { type: 'string' },
  exclude: { type: 'string', short: 'x', multiple: true },
  'no-backup': { type: 'boolean', default: false },
  // Scripts for the Supabase CLI say these; there is nothing to them here.
  'ignore-health-check': { type: 'boolean' },
  debug: { type: 'boolean' },
  yes: { type: 'boolean' },
  port: { type: 'string' },
  'db-port': { type: 'string' },
  'inbox-port': { type: 'string' },
  output: { type: 'string', short: 'o', default: 'pretty' },
  'override-name': { type: 'string', multiple: true },
  help: { type: 'boolean', short: 'h' },
} as const;

/** What the Supabase CLI may leave out; what is not in here runs in no process of its own, or not at all. */
const SECTIONS: Readonly<Record<string, string>> = {
  gotrue: 'auth',
  realtime: 'realtime',
  'storage-api': 'storage',
  'edge-runtime': 'edge_runtime',
};
const NOTHING = [
  'imgproxy',
  'kong',
  'logflare',
  'mailpit',
  'postgres-meta',
  'postgrest',
  'studio',
  'supavisor',
  'vector',
];

function sectionOf(name: string): string[] {
  const section = SECTIONS[name.trim()];
  if (section === undefined && !NOTHING.includes(name.trim()))
    throw new UsageError(`--exclude knows ${[...Object.keys(SECTIONS), ...NOTHING].join(', ')}, not ${name}`);
  return section === undefined ? [] : [section];
}

type Parsed = ReturnType<typeof parseArgs<{ allowPositionals: true; options: typeof OPTIONS }>>;

function parse(words: string[]): Parsed {
  try {
    return parseArgs({ args: words, allowPositionals: true, options: OPTIONS });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function port(name: string, text: string | undefined): Record<string, number> {
  if (text === undefined) return {};
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > 65_535) throw new UsageError(`${text} is not a port`);
  return { [name]: number };
}

function renaming(text: string): [string, string] {
  const [, from, to] = /^([\w.]+)=(\w+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) {
    throw new UsageError(`--override-name ${text} is not of the form a.b=NAME`);
  }
  return [from, to];
}

import { resolve } from 'node:path';
import { loadConfig, section } from './config/config.ts';
import { projectEnvironment } from './config/dotenv.files.ts';
import { environment, refuseProduction } from './config/process.environment.ts';
import type { ConfigTree } from './context.ts';
import { openFilesFolder } from './files.folder.ts';
import { Listener } from './gateway/listener.ts';
import { loadKeyRing } from './keys/key.ring.ts';
import { s3Door } from './keys/s3.credentials.ts';
import { startLocalPostgres } from './postgres/local.postgres.ts';
import type { LocalPostgres } from './postgres/local.postgres.ts';
import { asksForPostgis } from './postgres/wanted.edition.ts';
import { removeRunning, writeRunning } from './running.file.ts';
import type { Facts } from './running.file.ts';

export { StartRefused } from './start.refused.ts';

export interface LocalSupabaseOptions {
  /** The folder that holds `supabase/`. Default: the current one. */
  readonly workdir?: string;
  /** Ports instead of those in `config.toml`; 0 takes a free one. */
  readonly ports?: { readonly api?: number; readonly db?: number; readonly inbox?: number };
  /** Where Postgres keeps its data. Default: `.supabase` in the workdir. */
  readonly dataDir?: string;
  /** Keeps nothing: data and files go with the process. With a Postgres of your own, that is said of the files. */
  readonly memory?: boolean;
  /** A Postgres of your own, as a superuser; no other is started then. */
  readonly postgresUrl?: string;
  /** Laid over `config.toml`. */
  readonly config?: ConfigTree;
  /** Says nothing on standard output, and leaves nothing for `local-supabase status` to read. */
  readonly quiet?: boolean;
}

/** A running Supabase: where it is, and the keys to it. */
export interface LocalSupabase extends Facts {
  readonly jwksUrl: string;
  /** Where the bytes of stored objects are. */
  readonly filesFolder: string;
  /** Ends it: requests that run may finish, Postgres is shut down cleanly. */
  close(): Promise<void>;
}

/**
 * Starts a Supabase for development and tests: Postgres, the API gateway with its parts, and the inbox, on loopback.
 * Migrations of the workdir are applied, and on a new database the seed.
 * @throws StartRefused: PortUnavailable, FolderInUse, ConfigError, ScriptFailed
 */
export async function startLocalSupabase(options: LocalSupabaseOptions = {}): Promise<LocalSupabase> {
  refuseProduction();
  const workdir = resolve(options.workdir ?? '.');
  const config = await loadConfig(workdir, await projectEnvironment(workdir, environment), options.config);
  const keys = await loadKeyRing(config, workdir);
  const ports = choosePorts(config, options);
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const listener = new Listener();
    const url = `http://127.0.0.1:${await listener.listen(ports.api, 'API')}`;
    opened.push(() => listener.close());
    // Most of the code is loaded while Postgres starts in its thread.
    const [postgres, { openHouse }] = await Promise.all([
      startPostgres(options, workdir, ports.db),
      import('./house.ts'),
    ]);
    if (postgres) opened.push(() => postgres.close());
    const databaseUrl = postgres?.url ?? options.postgresUrl ?? '';
    const files = await openFilesFolder(postgres?.folder, databaseUrl, dataFolder(options, workdir));
    opened.push(() => files.close());
    const house = await openHouse({
      config,
      keys,
      workdir,
      listener,
      url,
      databaseUrl,
      filesFolder: files.path,
      inboxPort: ports.inbox,
      ownsCluster: postgres !== undefined,
    });
    opened.push(() => house.close());
    const { anonKey, serviceRoleKey, publishableKey, secretKey, jwtSecret } = keys;
    const s3 = s3Door(config, url);
    const facts = {
      url,
      ...(section(config, 'edge_runtime').enabled !== false && { functionsUrl: `${url}/functions/v1` }),
      ...(s3 && { s3 }),
      postgresUrl: databaseUrl,
      inboxUrl: house.inboxUrl,
      anonKey,
      serviceRoleKey,
      publishableKey,
      secretKey,
      jwtSecret,
    };
    if (!options.quiet) {
      process.stdout.write(`Local Supabase at ${url}: development software, not for production.\n`);
      if (house.hollow.length > 0)
        process.stdout.write(`Extensions that are here by name only: ${house.hollow.join(', ')}.\n`);
      await writeRunning(workdir, facts);
      opened.push(() => removeRunning(workdir));
    }
    return { ...facts, jwksUrl: `${url}/auth/v1/.well-known/jwks.json`, filesFolder: files.path, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startPostgres(
  options: LocalSupabaseOptions,
  workdir: string,
  port: number,
): Promise<LocalPostgres | undefined> {
  if (options.postgresUrl !== undefined) return undefined;
  const postgis = await asksForPostgis(workdir);
  return startLocalPostgres({ dataDir: dataFolder(options, workdir), port, postgis });
}

/** Where data stays; undefined when none is to stay. */
function dataFolder({ memory, dataDir }: LocalSupabaseOptions, workdir: string): string | undefined {
  return memory ? undefined : resolve(workdir, dataDir ?? '.supabase');
}

function choosePorts(
  config: ConfigTree,
  { ports }: LocalSupabaseOptions,
): { api: number; db: number; inbox: number } {
  return {
    api: ports?.api ?? Number(section(config, 'api').port),
    db: ports?.db ?? Number(section(config, 'db').port),
    inbox: ports?.inbox ?? Number(section(config, 'local_smtp').port),
  };
}

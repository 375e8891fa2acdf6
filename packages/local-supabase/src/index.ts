import { resolve } from 'node:path';
import { bootstrap, isEmpty } from './database/bootstrap.ts';
import { connect } from './database/connect.ts';
import { migrate, seed } from './database/migrations.ts';
import { loadConfig, section } from './config/config.ts';
import { environment, refuseProduction } from './config/process.environment.ts';
import type { ConfigTree, Context } from './context.ts';
import { startGateway } from './gateway/gateway.ts';
import { Listener } from './gateway/listener.ts';
import { Inbox } from './inbox/inbox.ts';
import { loadKeyRing } from './keys/key.ring.ts';
import { parts } from './parts.ts';
import { startLocalPostgres } from './postgres/local.postgres.ts';
import { LOCAL_PASSWORD } from './postgres/template.ts';

export interface LocalSupabaseOptions {
  /** The folder that holds `supabase/`. Default: the current one. */
  readonly workdir?: string;
  /** Ports instead of those in `config.toml`; 0 takes a free one. */
  readonly ports?: { readonly api?: number; readonly db?: number; readonly inbox?: number };
  /** Where Postgres keeps its data. Default: `.supabase` in the workdir. */
  readonly dataDir?: string;
  /** Keeps nothing: the data goes with the process. */
  readonly memory?: boolean;
  /** A Postgres of your own, as a superuser; no other is started then. */
  readonly postgresUrl?: string;
  /** Laid over `config.toml`. */
  readonly config?: ConfigTree;
  /** Says nothing on standard output. */
  readonly quiet?: boolean;
}

/** A running Supabase: where it is, and the keys to it. */
export interface LocalSupabase {
  readonly url: string;
  readonly postgresUrl: string;
  readonly inboxUrl: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly jwtSecret: string;
  readonly jwksUrl: string;
  /** Ends it: requests that run may finish, Postgres is shut down cleanly. */
  close(): Promise<void>;
}

/**
 * Starts a Supabase for development and tests: Postgres, the API gateway with its parts, and the inbox, on loopback.
 * Migrations of the workdir are applied, and on a new database the seed.
 * @throws PortUnavailable, FolderInUse, ConfigError, ScriptFailed
 */
export async function startLocalSupabase(options: LocalSupabaseOptions = {}): Promise<LocalSupabase> {
  refuseProduction();
  const workdir = resolve(options.workdir ?? '.');
  const config = await loadConfig(workdir, environment, options.config);
  const keys = await loadKeyRing(config, workdir);
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const ports = choosePorts(config, options);
    const listener = new Listener();
    const url = `http://127.0.0.1:${await listener.listen(ports.api, 'API')}`;
    opened.push(() => listener.close());

    const postgres =
      options.postgresUrl === undefined
        ? await startLocalPostgres({
            dataDir: options.memory ? undefined : resolve(workdir, options.dataDir ?? '.supabase'),
            port: ports.db,
          })
        : undefined;
    if (postgres) opened.push(() => postgres.close());
    const database = connect(postgres?.url ?? options.postgresUrl ?? '');
    opened.push(() => database.end());
    const isNew = postgres ? postgres.isNew : await isEmpty(database);
    if (!postgres?.isNew) await bootstrap(database, postgres && LOCAL_PASSWORD);

    const inbox = new Inbox(database);
    const inboxUrl = `http://127.0.0.1:${await inbox.listen(ports.inbox)}`;
    opened.push(() => inbox.close());

    const context: Context = { config, workdir, url, database, keys, mailer: inbox };
    const mounted = parts(context);
    for (const part of mounted) await part.migrate?.();
    await migrate(database, config, workdir);
    if (isNew) await seed(database, config, workdir);
    const gateway = await startGateway(listener, context, mounted);
    opened.push(async () => {
      await listener.close();
      await gateway.close();
      for (const part of mounted) await part.close?.();
    });
    if (!options.quiet)
      process.stdout.write(`Local Supabase at ${url}: development software, not for production.\n`);
    const { anonKey, serviceRoleKey, publishableKey, secretKey, jwtSecret } = keys;
    return {
      url,
      postgresUrl: database.url,
      inboxUrl,
      anonKey,
      serviceRoleKey,
      publishableKey,
      secretKey,
      jwtSecret,
      jwksUrl: `${url}/auth/v1/.well-known/jwks.json`,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
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

import type { ConfigTree, Context, Database, KeyRing } from './context.ts';
import { CronClock } from './cron/cron.clock.ts';
import { bootstrap } from './database/bootstrap.ts';
import { connect } from './database/connect.ts';
import { migrate, seed } from './database/migrations.ts';
import { hideNewEntities } from './database/new.entities.ts';
import { keepVaultSecrets } from './database/vault.secrets.ts';
import { startGateway } from './gateway/gateway.ts';
import type { Listener } from './gateway/listener.ts';
import { Inbox } from './inbox/inbox.ts';
import { applySchema } from './database/schema.script.ts';
import { RequestCourier } from './net/request.courier.ts';
import { parts } from './parts.ts';
import { EMPTY } from './postgres/stand.ins.ts';
import { schemas } from './schemas.ts';
import { LOCAL_PASSWORD } from './postgres/template.ts';

export interface Ground {
  readonly config: ConfigTree;
  readonly keys: KeyRing;
  readonly workdir: string;
  readonly listener: Listener;
  readonly url: string;
  readonly databaseUrl: string;
  /** Where stored files are kept. */
  readonly filesFolder: string;
  readonly inboxPort: number;
  /** The cluster is ours: its roles get the local password. */
  readonly ownsCluster: boolean;
}

export interface House {
  readonly inboxUrl: string;
  /** Extensions that the project has created, and that are here by name only. */
  readonly hollow: readonly string[];
  close(): Promise<void>;
}

/** Everything above Postgres: makes the database a Supabase one, and opens the inbox and the gateway with its parts. */
export async function openHouse(ground: Ground): Promise<House> {
  const { config, keys, workdir, listener, url } = ground;
  const opened: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of opened.splice(0).reverse()) await end();
  };
  try {
    const database = connect(ground.databaseUrl);
    opened.push(() => database.end());
    await bootstrap(database, ground.ownsCluster ? LOCAL_PASSWORD : undefined);
    for (const script of schemas()) await applySchema(database, script);

    const inbox = new Inbox(database);
    const inboxUrl = `http://127.0.0.1:${await inbox.listen(ground.inboxPort)}`;
    opened.push(() => inbox.close());

    const context: Context = { config, workdir, url, database, keys, mailer: inbox };
    const mounted = parts(context, ground.filesFolder);
    for (const part of mounted) {
      if (part.close) opened.push(part.close);
      await part.migrate?.();
    }
    if (ground.ownsCluster) await keepVaultSecrets(database, config);
    await hideNewEntities(database, config);
    await migrate(database, config, workdir);
    await seed(database, config, workdir);
    const gateway = await startGateway(listener, context, mounted);
    opened.push(async () => {
      await listener.close();
      await gateway.close();
    });
    if (ground.ownsCluster) {
      const courier = new RequestCourier(database, url);
      opened.push(() => courier.close());
      await courier.start();
      const clock = new CronClock(database);
      opened.push(() => clock.close());
      await clock.start();
    }
    return { inboxUrl, hollow: ground.ownsCluster ? await hollowExtensions(database) : [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function hollowExtensions({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ extname: string }>(
    'select extname from pg_extension where extname = any ($1) order by 1',
    [EMPTY],
  );
  return rows.map(({ extname }) => extname);
}

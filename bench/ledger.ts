/**
 * How many charges a second: one statement per request against the group commit, with everything else equal.
 *
 *   npm run build && BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres node bench/ledger.ts
 *
 * Makes and drops a database of its own. Figures depend on the machine; the ratio is what counts.
 */
import pg from 'pg';
import { freshDatabase } from '../test/harness/fresh-database.ts';

type Credits = typeof import('../src/credits/ledger.repository.js');
type Ids = typeof import('../src/credits/operation-id.js');
type Databases = typeof import('../src/platform/database/database.service.js');
type Migrators = typeof import('../src/platform/database/migrator.js');

const built = <Module>(path: string): Promise<Module> =>
  import(new URL(`../dist/${path}.js`, import.meta.url).href) as Promise<Module>;
const { LedgerRepository } = await built<Credits>('credits/ledger.repository');
const { newOperationId } = await built<Ids>('credits/operation-id');
const { Database } = await built<Databases>('platform/database/database.service');
const { migrate } = await built<Migrators>('platform/database/migrator');

const USERS = 1_000;
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);

const server = process.env.BENCH_POSTGRES_URL;
if (!server) throw new Error('BENCH_POSTGRES_URL is not set');
const { url, drop } = await freshDatabase(server);
const observer = new pg.Client({ connectionString: url });
await observer.connect();

async function prepare(): Promise<number[]> {
  await observer.query(`create schema auth;
    create table auth.users (id uuid primary key, email text);
    create table auth.sessions (id uuid primary key, user_id uuid, not_after timestamptz)`);
  await migrate({ url, directory: new URL('../supabase/migrations', import.meta.url).pathname });
  await observer.query("update supanest.tiers set signup_credits = 1000000000 where name = 'free'");
  await observer.query(
    `insert into auth.users select gen_random_uuid() from generate_series(1, ${String(USERS)})`,
  );
  const { rows } = await observer.query<{ id: number }>('select id from supanest.profiles');
  return rows.map(({ id }) => id);
}

/** Keeps `inFlight` charges under way and counts those that are durable. */
async function measure(inFlight: number, charge: (profileId: number) => Promise<unknown>): Promise<number> {
  const end = performance.now() + SECONDS * 1_000;
  let done = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await charge(profiles[Math.floor(Math.random() * profiles.length)] ?? 0);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return Math.round(done / SECONDS);
}

const profiles = await prepare();
for (const inFlight of [64, 256]) {
  const single = new Database({ url, poolSize: 20 });
  const alone = await measure(inFlight, (profileId) =>
    single.query('charge', "select * from supanest.charge($1, 1, $2, '/things/:id', 'request')", [
      profileId,
      newOperationId(),
    ]),
  );
  await single.close();

  const pool = new Database({ url, poolSize: 20 });
  const ledger = new LedgerRepository(pool);
  const together = await measure(inFlight, (profileId) =>
    ledger.charge({
      profileId,
      amount: 1,
      operationId: newOperationId(),
      path: '/api/things/7',
      endpoint: '/things/:id',
      requestId: 'request',
    }),
  );
  await pool.close();
  const ratio = (together / alone).toFixed(1);
  console.log(
    `${String(inFlight)} in flight: ${String(alone)}/s one by one, ${String(together)}/s together, ${ratio} times`,
  );
}
const { rows } = await observer.query('select * from supanest.ledger_violations()');
const { rows: counted } = await observer.query<{ rows: string; used: string }>(
  'select (select count(*) from supanest.credit_transactions) as rows, sum(credits_used) as used from supanest.profiles',
);
console.log(
  `violations: ${String(rows.length)}; rows ${counted[0]?.rows ?? ''}, charged ${counted[0]?.used ?? ''}`,
);
await observer.end();
await drop();

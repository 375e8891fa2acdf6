/**
 * Started by durability.spec.ts, and killed by it: serves the data folder given as argument and writes one row after
 * the other, in transactions, each number printed when Postgres has acknowledged it.
 */
import pg from 'pg';
import { startLocalPostgres } from '../../src/postgres/local.postgres.ts';

const postgres = await startLocalPostgres({ dataDir: process.argv[2], port: 0 });
const client = new pg.Client({ connectionString: postgres.url });
await client.connect();
await client.query('create table if not exists written (n bigserial primary key, filler text)');
for (;;) {
  await client.query('begin');
  const { rows } = await client.query<{ n: string }>(
    `insert into written (filler) values (repeat('x', 2000)) returning n`,
  );
  await client.query('commit');
  process.stdout.write(`${rows[0]?.n ?? ''}\n`);
}

/**
 * Whether a charge and a page of transactions cost the same however long the ledger is: three databases with a short, a long
 * and a very long one, taken in turn. See `bench/README.md`.
 *
 *   BENCH_POSTGRES_URL=postgresql://superuser:…@127.0.0.1:5432/postgres npm run bench:growth
 *
 * BENCH_ROWS (10000,1000000,10000000), BENCH_ROUNDS (5), BENCH_SECONDS (2) of each in a round. Ten million rows take some 4 GB of
 * disk and a few minutes to write; all is dropped in the end. Ends with 1 when something is not flat.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { prepare, type BenchDatabase } from './hot-path/database.ts';
import { saturate } from './hot-path/load.ts';
import { startServer, type ServerProcess } from './hot-path/server.process.ts';
import { environment } from './hot-path/variants.ts';
import { benchServer, measuredHere, median, whole } from './machine.ts';
import { report } from './pressure/aims.ts';
import { writeSection } from './results.ts';

const SIZES = (process.env.BENCH_ROWS ?? '10000,1000000,10000000').split(',').map(Number);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const USERS = 1_000;
const FLAT = 1.2;

/** What is asked; every user has at least so many rows as a page here. */
const ASKED = [
  { name: 'a charge', connections: 64, path: () => '/api/bench/metered' },
  { name: 'the newest transactions', connections: 64, path: () => '/api/credits/transactions?limit=10' },
  {
    name: 'transactions from the middle',
    connections: 64,
    path: (middle: string) => `/api/credits/transactions?limit=5&cursor=${middle}`,
  },
];

interface Place {
  rows: number;
  database: BenchDatabase;
  server: ServerProcess;
  /** A cursor with as many rows before it as behind it. */
  middle: string;
  /** Requests a second of each round, by what was asked. */
  rates: Map<string, number[]>;
  /** Blocks that Postgres looked at for a request, by what was asked. */
  blocks: Map<string, number>;
}

const places: Place[] = [];
try {
  for (const rows of SIZES) {
    const database = await prepare(benchServer(), USERS);
    const began = performance.now();
    const middle = await fill(database, rows);
    process.stderr.write(
      `${whole(rows)} rows written in ${((performance.now() - began) / 1_000).toFixed(0)} s\n`,
    );
    const server = await startServer('hot-path/servers/supanest.server', environment(database));
    places.push({
      rows,
      database,
      server,
      middle,
      rates: new Map(ASKED.map(({ name }) => [name, []])),
      blocks: new Map(),
    });
  }
  for (const { name, connections, path } of ASKED) {
    // Idle backends tell what they have counted within ten seconds.
    await pause(11_000);
    const before = await Promise.all(places.map(blocksOf));
    const requests = places.map(() => 0);
    for (let round = -1; round < ROUNDS; round += 1) {
      for (const [index, { server, database, middle, rates, rows }] of places.entries()) {
        const load = {
          url: server.url + path(middle),
          tokens: database.tokens,
          connections,
          seconds: SECONDS,
        };
        const { perSecond, failed } = await saturate(load);
        if (failed > 0) throw new Error(`${name}: ${String(failed)} failed with ${whole(rows)} rows`);
        requests[index] = (requests[index] ?? 0) + perSecond * SECONDS;
        // The first round warms up.
        if (round >= 0) rates.get(name)?.push(perSecond);
      }
    }
    await pause(11_000);
    const after = await Promise.all(places.map(blocksOf));
    for (const [index, { blocks }] of places.entries()) {
      blocks.set(name, ((after[index] ?? 0) - (before[index] ?? 0)) / (requests[index] ?? 0));
    }
  }
  write();
} finally {
  for (const { server, database } of places) {
    await server.stop();
    await database.drop();
  }
}

/** Writes charges, the users in turn, as the API would have: indexes last, as that is faster. @returns the id in the middle */
async function fill({ sql }: BenchDatabase, rows: number): Promise<string> {
  // No statement of this session is checked row by row; afterwards the whole ledger is.
  await sql('set session_replication_role = replica');
  await sql(
    `alter table supanest.credit_transactions drop constraint credit_transactions_charge_is_of_the_same_profile`,
  );
  await sql(`alter table supanest.credit_transactions drop constraint credit_transactions_pkey`);
  await sql(
    `alter table supanest.credit_transactions drop constraint credit_transactions_operation_id_unique`,
  );
  await sql(
    `insert into supanest.credit_transactions
       (profile_id, kind, amount, balance_after, description, endpoint, request_id, operation_id, created_at)
     select p.id, 'charge', -1, p.credits_balance - 1 - n / $2, 'API request to /api/bench/metered', '/api/bench/metered',
       gen_random_uuid()::text,
       -- Version 7, as the service makes them: they grow.
       (lpad(to_hex(1750000000000 + n), 12, '0') || '7000' || substr(md5(n::text), 1, 16))::uuid,
       now() - make_interval(secs => $1 - n)
     from generate_series(0, $1::int - 1) n
     join (select q.*, row_number() over (order by q.id) - 1 as place from supanest.profiles q) p on p.place = n % $2
     order by n`,
    [rows, USERS],
  );
  await sql(
    `alter table supanest.credit_transactions add constraint credit_transactions_pkey primary key (profile_id, id)`,
  );
  await sql(
    `alter table supanest.credit_transactions add constraint credit_transactions_operation_id_unique unique (operation_id)`,
  );
  await sql(
    `alter table supanest.credit_transactions add constraint credit_transactions_charge_is_of_the_same_profile
       foreign key (profile_id, charge_id) references supanest.credit_transactions (profile_id, id)`,
  );
  await sql(`update supanest.profiles p set credits_balance = credits_added - used, credits_used = used
    from (select profile_id, -sum(amount)::bigint as used from supanest.credit_transactions where kind = 'charge' group by 1) t
    where t.profile_id = p.id`);
  await sql('set session_replication_role = default');
  // Its work would be counted among that of the requests, and there is as much of it as there are rows.
  await sql('alter table supanest.credit_transactions set (autovacuum_enabled = false)');
  await sql('vacuum analyze supanest.credit_transactions');
  await sql('vacuum analyze supanest.profiles');
  await sql('checkpoint');
  const broken = await sql('select * from supanest.ledger_violations() limit 1');
  if (broken.length > 0)
    throw new Error(`The ledger is not as the API would have written it: ${JSON.stringify(broken)}`);
  const [row] = await sql(
    `select percentile_disc(0.5) within group (order by id)::text as id from supanest.credit_transactions`,
  );
  return String(row?.id);
}

async function blocksOf({ database }: Place): Promise<number> {
  const [row] = await database.sql(
    'select blks_hit + blks_read as blocks from pg_stat_database where datname = current_database()',
  );
  return Number(row?.blocks);
}

function write(): void {
  const [shortest] = places;
  const at = (place: Place | undefined, name: string): string =>
    `${whole(median(place?.rates.get(name) ?? []))}/s, ${(place?.blocks.get(name) ?? 0).toFixed(1)}`;
  // Of the two rounds that were next to each other, as a shared machine is another one a minute later.
  const ratioOf = (place: Place, name: string): number =>
    median(
      (place.rates.get(name) ?? []).map((rate, round) => (shortest?.rates.get(name)?.[round] ?? 0) / rate),
    );
  const head = ['', ...places.map(({ rows }) => `${whole(rows)} rows`)];
  const table = [
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...ASKED.map(({ name }) => `| ${[name, ...places.map((place) => at(place, name))].join(' | ')} |`),
  ];
  const aims = ASKED.flatMap(({ name }) =>
    places.slice(1).map((place) => {
      const ratio = ratioOf(place, name);
      const blocks = (place.blocks.get(name) ?? 0) / (shortest?.blocks.get(name) ?? 0);
      return {
        aim: `${name} with ${whole(place.rows)} rows: ≤ ${String(FLAT)} times as with ${whole(shortest?.rows ?? 0)}`,
        found: `time × ${ratio.toFixed(2)}, blocks × ${blocks.toFixed(2)}`,
        reached: ratio <= FLAT && blocks <= FLAT,
      };
    }),
  );
  const text = [
    measuredHere(),
    `Medians of ${String(ROUNDS)} rounds of ${String(SECONDS)} s, the databases in turn, and the blocks that Postgres looked at for a ` +
      `request, which no clock has a say in; ${whole(USERS)} users who share the rows.`,
    table.join('\n'),
    report(aims),
  ].join('\n\n');
  process.stdout.write(`${text}\n`);
  writeSection('Growth', 'npm run bench:growth', text);
}

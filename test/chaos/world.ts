import pg from 'pg';
import { Outage } from '../harness/outage.js';
import { spawnApi, type ApiProcess } from '../harness/process.js';
import {
  createPostgresCluster,
  postgresPrograms,
  type PostgresCluster,
} from '../harness/postgres-cluster.js';
import { startSupabaseProcess, type SupabaseProcess } from '../harness/supabase-process.js';

/** As the database suites are; the cluster is this suite's own, as nobody else's may be killed. */
const ON_POSTGRESQL = process.env.TEST_POSTGRES_URL !== undefined && postgresPrograms !== undefined;

/** Two API processes on one Postgres, each behind a way to it of its own, and everything that can be done to them. */
export class World {
  /** What was done, in order: to read when a rule is broken. */
  readonly history: string[] = [];
  /** Addresses of processes that were killed: what they had not yet given back may stay so. */
  readonly killed = new Set<string>();

  private constructor(
    readonly supabase: SupabaseProcess,
    /** Where it is not the one that Supabase brings along. */
    private readonly postgres: PostgresCluster | undefined,
    private readonly ways: readonly [Outage, Outage],
    private readonly apis: [ApiProcess, ApiProcess],
  ) {}

  static async create(): Promise<World> {
    const postgres = ON_POSTGRESQL ? await createPostgresCluster() : undefined;
    const supabase = await startSupabaseProcess(postgres?.url);
    const ways = [
      await Outage.before(supabase.postgresUrl),
      await Outage.before(supabase.postgresUrl),
    ] as const;
    // The first one migrates.
    const first = await startReplica(supabase, ways[0]);
    return new World(supabase, postgres, ways, [first, await startReplica(supabase, ways[1])]);
  }

  url(replica: 0 | 1): string {
    return this.apis[replica].url;
  }

  async killApi(replica: 0 | 1): Promise<void> {
    this.history.push(`kill API ${String(replica)}`);
    this.killed.add(this.apis[replica].url);
    await this.apis[replica].stop('SIGKILL');
    this.apis[replica] = await startReplica(this.supabase, this.ways[replica]);
  }

  async killPostgres(): Promise<void> {
    this.history.push('kill Postgres');
    await Promise.all([this.supabase.kill(), this.postgres?.kill()]);
    await this.postgres?.start();
    await this.supabase.start();
  }

  /** Connections under way are lost; what they carried may have arrived. */
  cut(replica: 0 | 1): void {
    this.history.push(`cut ${String(replica)}`);
    this.ways[replica].become('up');
  }

  /** Postgres refuses, or says nothing, for a while. */
  async trouble(replica: 0 | 1, weather: 'down' | 'silent', milliseconds: number): Promise<void> {
    this.history.push(`${weather} ${String(replica)}`);
    this.ways[replica].become(weather);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    this.ways[replica].become('up');
  }

  /** Runs one statement beside everything. */
  async sql<Row extends pg.QueryResultRow>(statement: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.supabase.postgresUrl });
    await client.connect();
    try {
      return (await client.query<Row>(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Both API processes end in order, which writes what they owe. */
  async settle(): Promise<(number | null)[]> {
    return Promise.all(this.apis.map((api) => api.stop()));
  }

  async close(): Promise<void> {
    await Promise.all(this.apis.map((api) => api.stop('SIGKILL')));
    await this.ways[0].close();
    await this.ways[1].close();
    await this.supabase.close();
    await this.postgres?.close();
  }
}

function startReplica(supabase: SupabaseProcess, way: Outage): Promise<ApiProcess> {
  return spawnApi({
    SUPABASE_URL: supabase.url,
    DATABASE_URL: way.url,
    DATABASE_STATEMENT_TIMEOUT_MS: '1000',
    LOG_LEVEL: 'info',
  });
}

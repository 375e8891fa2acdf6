import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { LedgerRepository } from '../../../src/credits/ledger.repository.js';
import type { Posting } from '../../../src/credits/ledger.types.js';
import { newOperationId } from '../../../src/credits/operation-id.js';
import { Database } from '../../../src/platform/database/database.service.js';
import { startCuttingProxy, type CuttingProxy } from '../../harness/cutting-proxy.js';
import { migrated, type TestDatabase } from '../../harness/postgres.js';

/** What a new profile has. */
export const SIGN_UP = 100;

interface Started {
  database: TestDatabase;
  proxy: CuttingProxy;
  pools: Database[];
  repositories: LedgerRepository[];
}

/** Two ledgers on one database, as two processes have, over connections that can be cut. */
export class Ledgers {
  private started: Started | undefined;

  async start(create: () => Promise<TestDatabase>): Promise<void> {
    const database = await migrated(create);
    const proxy = await startCuttingProxy(database.url);
    const pools = [0, 1].map(() => new Database({ url: proxy.url, poolSize: 4 }));
    this.started = { database, proxy, pools, repositories: pools.map((pool) => new LedgerRepository(pool)) };
  }

  async stop(): Promise<void> {
    const { database, proxy, pools } = this.all;
    await Promise.all(pools.map((pool) => pool.close()));
    await proxy.close();
    await database.close();
  }

  /** Past the proxy. */
  get url(): string {
    return this.all.database.url;
  }

  get proxy(): CuttingProxy {
    return this.all.proxy;
  }

  readonly sql: TestDatabase['sql'] = (text, params) => this.all.database.sql(text, params);

  /** @param process - which of the two; any number stands for one of them */
  readonly ledger = (process = 0): LedgerRepository => {
    const chosen = this.all.repositories[process % this.all.repositories.length];
    if (!chosen) throw new Error('no ledger');
    return chosen;
  };

  readonly newProfiles = async (count: number): Promise<number[]> => {
    const users = Array.from({ length: count }, () => randomUUID());
    await this.sql('insert into auth.users (id, email) select u, u from unnest($1::uuid[]) u', [users]);
    const rows = await this.sql<{ id: number }>(
      'select id from supanest.profiles where user_id = any ($1) order by id',
      [users],
    );
    return rows.map(({ id }) => id);
  };

  readonly newProfile = async (): Promise<number> => (await this.newProfiles(1))[0] ?? 0;

  readonly charge = (
    profileId: number,
    amount: number,
    operationId = newOperationId(),
    process = 0,
  ): Promise<Posting> =>
    this.ledger(process).charge({
      profileId,
      amount,
      operationId,
      path: '/api/x',
      endpoint: '/x',
      requestId: 'r',
    });

  readonly refund = (profileId: number, chargeOperationId: string, process = 0): Promise<Posting> =>
    this.ledger(process).refund({ profileId, chargeOperationId, reason: 'failed' });

  readonly adjust = (profileId: number, amount: number, process = 0): Promise<Posting> =>
    this.ledger(process).adjust({
      profileId,
      amount,
      operationId: newOperationId(),
      actor: randomUUID(),
      reason: 'a test',
    });

  readonly grant = (profileId: number, amount: number, process = 0): Promise<Posting> =>
    this.ledger(process).grant({ profileId, amount, operationId: newOperationId(), actor: null });

  readonly expectSound = async (): Promise<void> => expect(await this.ledger().violations()).toEqual([]);

  private get all(): Started {
    if (!this.started) throw new Error('not started');
    return this.started;
  }
}

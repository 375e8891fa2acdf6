import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { Outage } from '../harness/outage.js';
import { until } from '../harness/until.js';
import { probe, ProbeModule } from './probe.js';
import { ledgerViolations, setRate } from './rate.js';

describe('metering while the ledger is away', () => {
  let postgres: Outage;
  let api: Api;
  let user: Caller;

  /** Looked up behind the API's back: it may be cut off. */
  const amounts = async (): Promise<number[]> => {
    const rows = await sql<{ amount: string }>(
      `select t.amount from supanest.credit_transactions t
       join supanest.profiles p on p.id = t.profile_id where p.user_id = $1 order by t.id`,
      [user.user?.id],
    );
    return rows.map(({ amount }) => Number(amount));
  };

  beforeAll(async () => {
    postgres = await Outage.before(supabaseUnderTest().postgresUrl);
    api = await startApiFromSource(
      { DATABASE_URL: postgres.url, DATABASE_STATEMENT_TIMEOUT_MS: '500', LOG_LEVEL: 'silent' },
      [ProbeModule],
    );
    await setRate('/api/probe/slow-failure', 4);
  });
  beforeEach(async () => {
    user = await signUp(api.url);
  });
  afterEach(() => postgres.become('up'));
  afterAll(async () => {
    await api.close();
    await postgres.close();
  });

  const failDuringAnOutage = async (): Promise<number> => {
    const answer = new Caller(api.url, user.token).get('/api/probe/slow-failure');
    await until(() => probe.waiting.length > 0);
    postgres.become('down');
    probe.waiting.splice(0).forEach((goOn) => goOn());
    return (await answer).status;
  };

  it('should answer what the handler answered, and give the charge back once the ledger is there again', async () => {
    expect(await failDuringAnOutage()).toBe(409);
    expect(await amounts()).toEqual([100, -4]);
    postgres.become('up');
    await until(async () => (await amounts()).length === 3);
    expect(await amounts()).toEqual([100, -4, 4]);
    expect(await ledgerViolations()).toEqual([]);
  });

  it('should give it back before the service stops, if the ledger is there by then', async () => {
    const own = await startApiFromSource({ DATABASE_URL: postgres.url, LOG_LEVEL: 'silent' }, [ProbeModule]);
    const shared = api;
    api = own;
    try {
      expect(await failDuringAnOutage()).toBe(409);
      postgres.become('up');
      await own.close();
      expect(await amounts()).toEqual([100, -4, 4]);
    } finally {
      api = shared;
    }
  });
});

import { sql } from '../harness/database.js';

/** Puts a price on a path, as a migration would. Every running API knows it from its next request on. */
export async function setRate(path: string, credits: number, method: string | null = null): Promise<number> {
  const [rate] = await sql<{ id: number }>(
    `insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request)
     values ($1, $2, $3) returning id`,
    [path, method, credits],
  );
  if (!rate) throw new Error('no rate');
  return rate.id;
}

/** Every rule of the ledger that is broken. */
export const ledgerViolations = (): Promise<object[]> => sql('select * from supanest.ledger_violations()');

import { databaseUrl } from '../platform/config/database-url.js';
import { Database } from '../platform/database/database.service.js';
import { LedgerRepository } from './ledger.repository.js';

/** Reads the whole ledger and prints every rule it breaks; the exit code is 0 when there is none. */
async function main(): Promise<number> {
  // A large ledger takes minutes.
  const database = new Database({ url: databaseUrl(), poolSize: 1, statementTimeoutMs: 3_600_000 });
  try {
    const violations = await new LedgerRepository(database).violations();
    for (const { rule, profileId, transactionId, detail } of violations) {
      console.error(
        `broken: ${rule} (profile ${profileId}, transaction ${transactionId ?? 'none'}): ${detail}`,
      );
    }
    console.log(violations.length === 0 ? 'The ledger is sound.' : `${violations.length} violations.`);
    return violations.length === 0 ? 0 : 1;
  } finally {
    await database.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}

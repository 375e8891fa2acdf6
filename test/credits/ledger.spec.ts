import { afterAll, beforeAll, describe } from '@jest/globals';
import { engines } from '../harness/postgres.js';
import { arithmetic } from './ledger/arithmetic.cases.js';
import { interruptions } from './ledger/interruptions.cases.js';
import { Ledgers } from './ledger/ledgers.js';
import { movingCredits } from './ledger/moving.cases.js';

describe.each(engines)('the ledger on $engine', ({ create }) => {
  const ledgers = new Ledgers();
  beforeAll(() => ledgers.start(create));
  afterAll(() => ledgers.stop());

  movingCredits(ledgers);
  arithmetic(ledgers);
  interruptions(ledgers);
});

import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { MODES } from '../auth/modes.js';
import { representations } from '../harness/representations.js';
import { SharedApi } from '../harness/shared-api.js';
import { databaseFunctions } from './tables/functions.cases.js';
import { Notes } from './tables/notes.js';
import { refusals } from './tables/refusing.cases.js';
import { anyQuery } from './tables/surviving.cases.js';
import { usingRows } from './tables/using.cases.js';

describe.each(MODES)('/database $mode', ({ environment }) => {
  // Tokens and representations have nothing to do with each other: not every pair of them has to run.
  const shown =
    environment.API_SECRET_KEY === undefined ? representations.slice(0, 1) : representations.slice(1);
  const api = new SharedApi();
  beforeAll(() => api.start(environment));
  afterAll(() => api.close());

  describe.each(shown)('$prefix/database/notes', (representation) => {
    const notes = new Notes(api, representation);
    beforeAll(() => notes.start());
    beforeEach(() => notes.begin());

    usingRows(notes);
    refusals(notes);
    anyQuery(notes);
  });

  describe.each(shown)('$prefix/database/rpc', (representation) => {
    databaseFunctions(api, representation);
  });
});

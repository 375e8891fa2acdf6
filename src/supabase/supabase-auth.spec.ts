import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { CannedSupabase } from './canned-supabase.fixture.js';
import { failuresOfAuth } from './supabase-auth.failures.cases.js';
import { refusalsOfAuth } from './supabase-auth.refusals.cases.js';
import { requestsOfAuth } from './supabase-auth.requests.cases.js';

describe('SupabaseAuth', () => {
  const supabase = new CannedSupabase();
  beforeAll(() => supabase.start());
  beforeEach(() => supabase.begin());
  afterAll(() => supabase.stop());

  requestsOfAuth(supabase);
  refusalsOfAuth(supabase);
  failuresOfAuth(supabase);
});

import { afterAll, beforeAll } from '@jest/globals';
import { AuthFixture } from './auth.fixture.ts';
import { addresses } from './confirmation/addresses.cases.ts';
import { signingIn } from './confirmation/signing-in.cases.ts';
import { signingUp } from './confirmation/signing-up.cases.ts';
import { verifying } from './confirmation/verifying.cases.ts';

const fixture = new AuthFixture();

beforeAll(
  () =>
    fixture.start(`
      [auth]
      additional_redirect_urls = ["https://*.example.com/welcome", "myapp://**"]
      [auth.email]
      enable_confirmations = true
      max_frequency = "0s"`),
  60_000,
);
afterAll(() => fixture.stop());

signingUp(fixture);
verifying(fixture);
signingIn(fixture);
addresses(fixture);

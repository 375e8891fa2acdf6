import { afterAll, beforeAll } from '@jest/globals';
import { AuthFixture } from './auth.fixture.ts';
import { grants } from './core/grants.cases.ts';
import { signingUp } from './core/signing-up.cases.ts';
import { users } from './core/users.cases.ts';

const fixture = new AuthFixture();

beforeAll(() => fixture.start('[auth]\nenable_anonymous_sign_ins = true'), 60_000);
afterAll(() => fixture.stop());

signingUp(fixture);
grants(fixture);
users(fixture);

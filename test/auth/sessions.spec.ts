import { afterAll, beforeAll, describe } from '@jest/globals';
import { SharedApi } from '../harness/shared-api.js';
import { MODES } from './modes.js';
import { changingPasswords } from './sessions/password.cases.js';
import { sessionData } from './sessions/session-data.cases.js';
import { sessionsAreShown } from './sessions/shown.cases.js';
import { signingOut } from './sessions/signing-out.cases.js';

describe.each(MODES)('$mode', ({ environment }) => {
  const [api, other] = [new SharedApi(), new SharedApi()];
  beforeAll(() => Promise.all([api.start(environment), other.start(environment)]));
  afterAll(() => Promise.all([api.close(), other.close()]));

  sessionsAreShown(api);
  signingOut(api, other);
  sessionData(api);
  changingPasswords(api, environment);
});

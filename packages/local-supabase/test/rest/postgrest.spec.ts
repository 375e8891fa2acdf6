import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { answersHaveForms } from './postgrest/answering.cases.ts';
import { functionsAreCalled } from './postgrest/calling.cases.ts';
import { rowsAreRead } from './postgrest/reading.cases.ts';
import { questionsAreRefused } from './postgrest/refusing.cases.ts';
import { anythingIsSurvived } from './postgrest/surviving.cases.ts';
import { rowsAreWritten } from './postgrest/writing.cases.ts';
import { PostgrestFixture } from './postgrest/postgrest.fixture.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(60_000);

const rest = new PostgrestFixture();

beforeAll(() => rest.start());
afterAll(() => rest.stop());

describe('/rest/v1 as PostgREST', () => {
  rowsAreRead(rest);
  questionsAreRefused(rest);
  functionsAreCalled(rest);
  rowsAreWritten(rest);
  answersHaveForms(rest);
  anythingIsSurvived(rest);
});

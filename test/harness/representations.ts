import { expect } from '@jest/globals';
import type { Answer } from './caller.js';

/** Where a representation is served, and the status of what it refuses as invalid. */
export interface Representation {
  prefix: string;
  invalid: number;
}

/** The two representations, for `describe.each`: where each is served, and what differs. */
export const representations: Representation[] = [
  { prefix: '/api', invalid: 400 },
  { prefix: '/api/v1', invalid: 422 },
];

/** The resource of a success, out of its envelope if it has one, as what the test expects it to be. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- JSON has no type of its own
export function resourceOf<T>({ status, body }: Answer<unknown>): T {
  expect({ status, body }).toMatchObject({ status: expect.any(Number) });
  expect(status).toBeLessThan(300);
  const isEnveloped = typeof body === 'object' && body !== null && 'success' in body;
  return (isEnveloped ? (body as unknown as { data: T }).data : body) as T;
}

/** An error's status, code and text, whichever representation it has. */
export function errorOf({ status, body }: Omit<Answer<unknown>, 'headers'>): {
  status: number;
  code: string;
  detail: string;
} {
  const { code, detail, error } = body as {
    code?: string;
    detail?: string;
    error?: { error_code: string; detail: string };
  };
  return { status, code: error?.error_code ?? code ?? '', detail: error?.detail ?? detail ?? '' };
}

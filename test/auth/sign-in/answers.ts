import { expect } from '@jest/globals';

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$/;
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A user as the plain representation shows him. */
export const plainUser = (email: unknown): object => ({
  id: expect.stringMatching(UUID) as unknown,
  email,
  created_at: expect.stringMatching(ISO) as unknown,
  email_confirmed_at: expect.stringMatching(ISO) as unknown,
  last_sign_in_at: expect.stringMatching(ISO) as unknown,
});

/** A user as the enveloped one shows him. */
export const envelopedUser = (email: unknown): object => ({
  id: expect.stringMatching(UUID) as unknown,
  email,
  created_at: expect.stringMatching(ISO) as unknown,
  email_confirmed: true,
  last_sign_in: expect.stringMatching(ISO) as unknown,
});

/** What every way to sign in answers. */
export const signIn = (user: unknown): object => ({
  access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/) as unknown,
  token_type: 'bearer',
  expires_in: expect.any(Number) as unknown,
  refresh_token: expect.stringMatching(/^\S+$/) as unknown,
  user,
});

/** A refusal, plain. */
export const problem = (status: number, detail: unknown, code = 'AUTHENTICATION_ERROR'): unknown =>
  expect.objectContaining({ status, detail, code, request_id: expect.any(String) as unknown });

/** A refusal, enveloped. */
export const failure = (detail: unknown, error_code = 'AUTHENTICATION_ERROR'): object => ({
  success: false,
  error: expect.objectContaining({
    error_code,
    detail,
    request_id: expect.any(String) as unknown,
  }) as unknown,
});

export interface Tokens {
  access_token: string;
  refresh_token: string;
}

export interface Enveloped<T> {
  success: boolean;
  data: T;
}

import { describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { AppError } from '../../platform/errors/app-error.js';
import { validateInput } from '../../platform/http/validate-input.js';
import { EnvelopedRegisterBody, EnvelopedSignUpBody, LoginBody, SignUpBody } from './credentials.dto.js';
import { OtpVerifyBody } from './otp.dto.js';
import { LogoutQuery, SessionDataBody } from './session.dto.js';

const EMAIL = 'ada@example.com';

function faultsOf(shape: Type<object>, input: unknown): string[] {
  try {
    validateInput(shape, input);
    return [];
  } catch (error) {
    return error instanceof AppError ? (error.errors ?? []).map(({ field }) => field) : [String(error)];
  }
}

describe('the bodies of the auth room', () => {
  it('should ask for passwords as long as the representation wants', () => {
    expect(faultsOf(SignUpBody, { email: EMAIL, password: '12345678' })).toEqual([]);
    expect(faultsOf(SignUpBody, { email: EMAIL, password: '1234567' })).toEqual(['password']);
    const short = { email: EMAIL, password: '12345', confirm_password: '12345' };
    expect(
      faultsOf(EnvelopedSignUpBody, { email: EMAIL, password: '123456', confirm_password: '123456' }),
    ).toEqual([]);
    expect(faultsOf(EnvelopedSignUpBody, short)).toEqual(['password']);
  });

  it('should ask for passwords that bcrypt reads to their end', () => {
    expect(faultsOf(SignUpBody, { email: EMAIL, password: 'x'.repeat(72) })).toEqual([]);
    expect(faultsOf(SignUpBody, { email: EMAIL, password: 'x'.repeat(73) })).toEqual(['password']);
    expect(faultsOf(SignUpBody, { email: EMAIL, password: 'ä'.repeat(37) })).toEqual(['password']);
  });

  it('should say that passwords do not match', () => {
    const body = { email: EMAIL, password: '123456', confirm_password: '1234567' };
    expect(() => validateInput(EnvelopedSignUpBody, body)).toThrow('Passwords do not match');
    expect(faultsOf(EnvelopedSignUpBody, { email: EMAIL, password: '123456' })).toEqual(['confirm_password']);
    expect(faultsOf(EnvelopedRegisterBody, { email: EMAIL, password: '123456' })).toEqual([]);
    expect(faultsOf(EnvelopedRegisterBody, body)).toEqual(['confirm_password']);
  });

  it.each([
    'ada',
    'ada@',
    '@example.com',
    'ada@example',
    'ada@@example.com',
    'ada@exa mple.com',
    ' ada@example.com',
    'ada@example.com\n',
    'ada@example.com\u0000',
    `${'a'.repeat(250)}@example.com`,
    '',
    null,
    1,
    ['ada@example.com'],
    { a: 1 },
    undefined,
  ])('should refuse the e-mail %j', (email) => {
    expect(faultsOf(LoginBody, { email, password: 'x' })).toEqual(['email']);
  });

  it.each([null, 1, '', [], {}, undefined, 1.5])('should refuse the password %j', (password) => {
    expect(faultsOf(LoginBody, { email: EMAIL, password })).toEqual(['password']);
  });

  it('should refuse what it does not know', () => {
    expect(faultsOf(LoginBody, { email: EMAIL, password: 'x', role: 'admin' })).toEqual(['role']);
  });

  it('should have defaults', () => {
    expect(validateInput(LogoutQuery, {})).toEqual({ scope: 'local' });
    expect(faultsOf(LogoutQuery, { scope: 'all' })).toEqual(['scope']);
    expect(validateInput(OtpVerifyBody, { email: EMAIL, token: '1' })).toMatchObject({ type: 'email' });
    expect(faultsOf(OtpVerifyBody, { email: EMAIL, token: '1', type: 'sms' })).toEqual(['type']);
  });

  it('should take metadata that Supabase can keep', () => {
    expect(
      faultsOf(SessionDataBody, { data: { a: [1, { b: null }], ü: 'text with \\u0000 spelled out' } }),
    ).toEqual([]);
    expect(faultsOf(SessionDataBody, { data: { a: 'nul \u0000' } })).toEqual(['data']);
    expect(faultsOf(SessionDataBody, { data: { a: '\\\u0000' } })).toEqual(['data']);
    expect(faultsOf(SessionDataBody, { data: { '\u0000': 1 } })).toEqual(['data']);
    expect(faultsOf(SessionDataBody, { data: { a: 'x'.repeat(9_000) } })).toEqual(['data']);
    for (const data of [null, 'x', 1, [], undefined])
      expect(faultsOf(SessionDataBody, { data })).toEqual(['data']);
  });
});

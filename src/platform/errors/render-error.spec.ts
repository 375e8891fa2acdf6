import { describe, expect, it } from '@jest/globals';
import {
  forbidden,
  insufficientCredits,
  invalid,
  invalidFields,
  rateLimited,
  unauthenticated,
} from './errors.js';
import { renderError } from './render-error.js';
import { toAppError } from './to-app-error.js';

describe('renderError', () => {
  it('should be problem details in the plain representation', () => {
    const { status, headers, body } = renderError(forbidden(), 'plain', 'request-1');
    expect(status).toBe(403);
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(body).toEqual({
      type: 'about:blank',
      title: 'Forbidden',
      status: 403,
      detail: 'You do not have permission to perform this action.',
      code: 'PERMISSION_DENIED',
      request_id: 'request-1',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
  });

  it('should be an envelope in the enveloped representation', () => {
    const { headers, body } = renderError(forbidden(), 'enveloped', 'request-1');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(body).toEqual({
      success: false,
      error: {
        error_code: 'PERMISSION_DENIED',
        detail: 'You do not have permission to perform this action.',
        request_id: 'request-1',
        timestamp: expect.any(String),
      },
    });
  });

  it('should answer an invalid request with 400 or 422, and each fault with its field', () => {
    const error = invalidFields([{ field: 'confirm_password', message: 'Passwords do not match' }]);
    expect(renderError(error, 'plain', 'r')).toMatchObject({
      status: 400,
      body: {
        code: 'VALIDATION_ERROR',
        detail: 'Passwords do not match',
        errors: [{ field: 'confirm_password' }],
      },
    });
    expect(renderError(error, 'enveloped', 'r')).toMatchObject({
      status: 422,
      body: { error: { error_code: 'VALIDATION_ERROR', errors: [{ field: 'confirm_password' }] } },
    });
  });

  it('should pick the text of the representation where they differ', () => {
    const error = invalid({
      plain: 'A user with this email already exists',
      enveloped: 'Failed to create user account',
    });
    expect(renderError(error, 'plain', 'r').body).toMatchObject({
      detail: 'A user with this email already exists',
    });
    expect(renderError(error, 'enveloped', 'r').body).toMatchObject({
      error: { detail: 'Failed to create user account' },
    });
  });

  it('should say when to retry, in whole seconds and never zero', () => {
    expect(renderError(rateLimited(59.2), 'plain', 'r')).toMatchObject({
      status: 429,
      headers: { 'retry-after': '60' },
    });
    expect(renderError(rateLimited(0), 'plain', 'r').headers['retry-after']).toBe('1');
  });

  it('should say how to authenticate', () => {
    expect(renderError(unauthenticated(), 'plain', 'r').headers['www-authenticate']).toBe('Bearer');
  });

  it('should have the fixed text for too few credits', () => {
    expect(renderError(insufficientCredits(), 'plain', 'r')).toMatchObject({
      status: 403,
      body: { code: 'INSUFFICIENT_CREDITS', detail: 'Insufficient credits for this operation.' },
    });
  });
});

describe('toAppError', () => {
  it('should hide what it does not know', () => {
    const secret = new Error('password=hunter2');
    const error = toAppError(secret);
    expect(JSON.stringify(renderError(error, 'plain', 'r').body)).not.toContain('hunter2');
    expect(error).toMatchObject({ kind: 'internal', code: 'INTERNAL_ERROR', cause: secret });
  });

  it.each([
    [413, 'PAYLOAD_TOO_LARGE'],
    [415, 'UNSUPPORTED_MEDIA_TYPE'],
    [404, 'NOT_FOUND'],
    [405, 'NOT_FOUND'],
    [414, 'VALIDATION_ERROR'],
    [503, 'UPSTREAM_UNAVAILABLE'],
    [418, 'INTERNAL_ERROR'],
  ])('should translate a status of %i into %s', (statusCode, code) => {
    expect(toAppError(Object.assign(new Error('x'), { statusCode })).code).toBe(code);
  });
});

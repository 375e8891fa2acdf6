import { describe, expect, it } from '@jest/globals';
import { requestIdOf } from './request-id.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ask = (sent?: string): string =>
  requestIdOf({ headers: sent === undefined ? {} : { 'x-request-id': sent } });

describe('requestIdOf', () => {
  it('should keep a sane id', () => {
    expect(ask('client-42.a_b')).toBe('client-42.a_b');
  });

  it.each([
    'short',
    'a'.repeat(129),
    'with space inside',
    'line\nbreak-line',
    '{"json":"here"}',
    '../../etc/passwd',
    '',
  ])('should replace %j', (sent) => {
    expect(ask(sent)).toMatch(UUID);
  });

  it('should make one where none was sent, each time another', () => {
    expect(ask()).toMatch(UUID);
    expect(ask()).not.toBe(ask());
  });
});

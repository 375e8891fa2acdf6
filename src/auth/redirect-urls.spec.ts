import { describe, expect, it } from '@jest/globals';
import { TokenConfig } from '../platform/config/config.js';
import { RedirectUrls } from './redirect-urls.js';

const urls = new RedirectUrls(
  new TokenConfig(undefined, 1_800, 'memory', [
    'https://app.example.com',
    'https://app.example.com/after/*',
    'https://*.preview.example.com/**',
    'com.example.app://callback',
  ]),
);

describe('RedirectUrls', () => {
  it.each([
    'https://app.example.com',
    'https://app.example.com/',
    'https://APP.example.com/after/reset',
    'https://app.example.com/after/reset#part',
    'https://pr-1.preview.example.com/a/b.html?c=d',
    'com.example.app://callback',
  ])('should take %s', (url) => {
    expect(urls.check(url)).toBe(new URL(url).href);
  });

  it('should take none for none', () => expect(urls.check(undefined)).toBeUndefined());

  it.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'https://app.example.com@evil.example/',
    'https://user:secret@app.example.com/',
    'http://app.example.com/',
    'https://app.example.com:8443/',
    'https://app.example.com/other',
    'https://app.example.com/after/a/b',
    'https://app.example.com/after/../other',
    'https://app.example.com/after/%2e%2e/%2e%2e/other/x',
    'https://evil.example/.preview.example.com/',
    'https://evil.example/?.preview.example.com/',
    'https://evil.example#.preview.example.com/',
    'https://a/b.preview.example.com/',
    'https:\\\\evil.example\\.preview.example.com\\',
    '//evil.example',
    '/after/x',
    'javascript:alert(1)//https://app.example.com',
    'data:text/html,x',
    '',
    ' ',
    'https://app.example.com\n.evil.example',
  ])('should refuse %j', (url) => {
    expect(() => urls.check(url)).toThrow('redirect_url is not one of the allowed URLs');
  });

  it('should refuse everything where nothing is allowed', () => {
    const none = new RedirectUrls(new TokenConfig(undefined, 1_800, 'memory', []));
    expect(() => none.check('https://app.example.com')).toThrow('redirect_url');
  });
});

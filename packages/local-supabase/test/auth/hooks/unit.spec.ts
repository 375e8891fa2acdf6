import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'smol-toml';
import { readCaptchaConfig } from '../../../src/auth/captcha/captcha-config.ts';
import { CaptchaService } from '../../../src/auth/captcha/captcha.service.ts';
import { ConfigSection } from '../../../src/auth/config/config-section.ts';
import { readHookConfig, type Hook } from '../../../src/auth/hooks/hook-config.ts';
import { callHttpHook } from '../../../src/auth/hooks/http-hook.ts';
import { ConfigError } from '../../../src/config/config.ts';
import { SECRET, startHookServer, type HookServer } from './hook-server.ts';

const read = (toml: string) => readHookConfig(new ConfigSection(parse(toml), 'auth.hook'));

describe('[auth.hook]', () => {
  const hook = (uri: string, secrets = '', name = 'send_email'): string =>
    `[${name}]\nenabled = true\nuri = "${uri}"\nsecrets = "${secrets}"`;
  const good = `v1,whsec_${SECRET}`;

  it('is read', () => {
    expect(read(hook('pg-functions://postgres/public/my_hook')).get('send_email')).toMatchObject({
      kind: 'postgres',
      schema: 'public',
      function: 'my_hook',
    });
    const here = read(hook('http://host.docker.internal:54321/functions/v1/mail', `${good}|${good}`));
    expect((here.get('send_email') as Hook & { kind: 'http' }).url.href).toBe(
      'http://127.0.0.1:54321/functions/v1/mail',
    );
    expect((here.get('send_email') as Hook & { kind: 'http' }).secrets).toHaveLength(2);
    expect(read(hook('https://hooks.example.com/', good)).size).toBe(1);
    expect(read('[whatever]\nenabled = false').size).toBe(0);
  });

  it.each([
    [hook('pg-functions://postgres/public/x', '', 'after_user_created'), 'after_user_created] is no hook'],
    [hook(''), 'send_email] uri must be a URI'],
    [hook('ftp://127.0.0.1/'), 'send_email] uri must be a URI'],
    [hook('http://hooks.example.com/', good), 'send_email] uri must begin with https:'],
    [hook('https://hooks.example.com/'), 'send_email] secrets are needed'],
    [hook('https://hooks.example.com/', 'whsec_x'), 'send_email] secrets must be v1,whsec_'],
    [hook('https://hooks.example.com/', 'v1,whsec_short'), 'send_email] secrets must be v1,whsec_'],
    [hook('pg-functions://postgres/public/x', good), 'send_email] secrets are for hooks over HTTP only'],
    [hook('pg-functions://postgres/public'), 'send_email] uri must be pg-functions://'],
    [hook('pg-functions://postgres/public/x;drop'), 'send_email] uri must be pg-functions://'],
  ])('stops the start where it makes no sense: %s', (toml, message) => {
    expect(() => read(toml)).toThrow(ConfigError);
    expect(() => read(toml)).toThrow(message);
  });
});

describe('[auth.captcha]', () => {
  const config = (toml: string) => readCaptchaConfig(new ConfigSection(parse(toml), 'auth.captcha'));
  it.each([
    ['enabled = true', 'provider must be'],
    ['enabled = true\nprovider = "recaptcha"\nsecret = "x"', 'provider must be'],
    ['enabled = true\nprovider = "hcaptcha"', 'secret is needed'],
    [
      'enabled = true\nprovider = "hcaptcha"\nsecret = "x"\nverify_url = "https://evil.example"',
      'verify_url must be on 127.0.0.1',
    ],
  ])('stops the start where it makes no sense: %s', (toml, message) => {
    expect(() => config(toml)).toThrow(ConfigError);
    expect(() => config(toml)).toThrow(message);
  });
  it('knows its providers', () => {
    const of = (provider: string) => config(`enabled = true\nprovider = "${provider}"\nsecret = "x"`);
    expect(of('hcaptcha')?.verifyUrl.href).toBe('https://hcaptcha.com/siteverify');
    expect(of('turnstile')?.verifyUrl.hostname).toBe('challenges.cloudflare.com');
    expect(config('enabled = false')).toBeUndefined();
  });
  it('takes a provider out of reach for no permission', async () => {
    const verifyUrl = new URL('http://127.0.0.1:1/siteverify');
    const service = new CaptchaService({ secret: 'x', verifyUrl });
    await expect(service.verify('token', '127.0.0.1')).rejects.toMatchObject({
      status: 500,
      message: 'captcha verification process failed',
    });
  });
});

describe('a hook over HTTP', () => {
  let server: HookServer;
  beforeAll(async () => {
    server = await startHookServer();
  });
  beforeEach(() => {
    server.calls.length = 0;
  });
  afterAll(() => server.close());
  const call = (url = server.url, timeout = 10_000) =>
    callHttpHook(
      { kind: 'http', uri: url, url: new URL(url), secrets: [Buffer.from(SECRET, 'base64')] },
      { a: 1 },
      { timeout, attempts: 3, pause: 10 },
    );

  it('is asked again when it is busy, with a new signature', async () => {
    server.answer = () =>
      server.calls.length < 3
        ? { status: 503, headers: { 'retry-after': 'true' } }
        : { body: { fine: true } };
    await expect(call()).resolves.toEqual({ fine: true });
    expect(server.calls.map(({ signed }) => signed)).toEqual([true, true, true]);
    expect(new Set(server.calls.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
  });

  it.each<[string, HookServer['answer'], string]>([
    ['always busy', () => ({ status: 429, headers: { 'retry-after': '1' } }), 'busy'],
    ['down', () => ({ status: 503 }), 'answered 503'],
    ['unwilling', () => ({ status: 401 }), 'answered 401'],
    ['elsewhere', () => ({ status: 302, headers: { location: '/other' } }), 'fetch failed'],
    ['another kind', () => ({ headers: { 'content-type': 'text/html' } }), 'not application/json'],
    ['no JSON', () => ({ body: '{' }), 'JSON'],
    ['endless', () => ({ body: `"${'x'.repeat(200 * 1024)}"` }), 'longer than'],
  ])('fails when it is %s', async (_what, answer, message) => {
    server.answer = answer;
    await expect(call()).rejects.toThrow(message);
  });

  it('fails when it is silent', async () => {
    server.answer = () => new Promise(() => undefined);
    await expect(call(server.url, 100)).rejects.toThrow('no answer within 0.1 seconds');
  });

  it('fails when nobody is there', async () => {
    await expect(call('http://127.0.0.1:1/')).rejects.toThrow('fetch failed');
  });
});

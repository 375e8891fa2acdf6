import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, PASSWORD, signUp } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { itLocally } from '../harness/local-parts.js';
import { until } from '../harness/until.js';
import { serveClientPage, type ClientPage } from './client-page.js';

const CHROMIUM = '/usr/bin/chromium';
// Without a browser on the machine there is nothing to prove; the continuous proof installs one.
const describeInBrowser = existsSync(CHROMIUM) || process.env.CI ? describe : describe.skip;

let api: Api;
let site: ClientPage;
let browser: Browser;

beforeAll(async () => {
  const starting = chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  site = await serveClientPage();
  api = await startApi({ ...UNHURRIED, CORS_ORIGINS: site.origin });
  browser = await starting;
}, 60_000);

afterAll(async () => {
  await browser.close();
  await api.close();
  site.close();
});

describeInBrowser('Swagger UI', () => {
  const email = newEmail();
  const foreign: string[] = [];
  const complaints: string[] = [];
  let page: Page;

  beforeAll(async () => {
    page = await browser.newPage();
    page.on('request', (request) => {
      const isOwn = request.url().startsWith(api.url) || request.url().startsWith('data:');
      if (!isOwn) foreign.push(request.url());
    });
    complainOf(page, complaints);
  });

  it('should load from this server alone, without a complaint', async () => {
    await page.goto(`${api.url}/docs`);
    await page.locator('.opblock-tag').first().waitFor();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  }, 30_000);

  it('should sign a user up', async () => {
    const answer = await tryOut(page, 'signUp', JSON.stringify({ email, password: PASSWORD }));
    expect(answer).toMatchObject({ token_type: 'bearer', user: { email } });
  }, 30_000);

  it('should authorize with e-mail and password', async () => {
    await page.locator('.btn.authorize').first().click();
    const dialog = page.locator('.dialog-ux');
    await dialog.locator('#oauth_username').fill(email);
    await dialog.locator('#oauth_password').fill(PASSWORD);
    const flow = dialog.locator('.auth-container').first();
    await flow.locator('button.authorize').click();
    await expect(flow.getByText('Logout').waitFor()).resolves.toBeUndefined();
    await dialog.locator('.close-modal').click();
  }, 30_000);

  it('should read the credits of the one who authorized', async () => {
    expect(await tryOut(page, 'getCredits')).toEqual({ credits: 100, subscription_tier: 'free' });
  }, 30_000);

  it('should offer the enveloped representation too', async () => {
    await page.locator('.download-url-wrapper select, #select').first().selectOption({ index: 1 });
    await page.locator('[id$="-getCredits"]').waitFor();
    expect(await tryOut(page, 'getCredits')).toEqual({
      success: true,
      data: { credits: 100, subscription_tier: 'free' },
    });
    expect(foreign).toEqual([]);
  }, 30_000);
});

/** Opens an operation, fills in the body, executes it, and reads the answer's body. */
async function tryOut(page: Page, operationId: string, body?: string): Promise<unknown> {
  const block = page.locator(`[id$="-${operationId}"]`);
  await block.waitFor();
  await block.locator('.opblock-summary-control').click();
  if (body !== undefined) await block.locator('textarea.body-param__text').fill(body);
  await block.locator('button.execute').click();
  const answer = block.locator('.live-responses-table .response-col_description pre').first();
  await answer.waitFor();
  const text = await answer.textContent();
  await block.locator('.opblock-summary-control').click();
  return JSON.parse(text ?? 'null');
}

/** Collects what a page throws, and what it writes into the console as an error. */
function complainOf(page: Page, complaints: string[]): void {
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
}

describeInBrowser('a page of another origin that uses the client', () => {
  const email = newEmail();
  const complaints: string[] = [];
  const calls: string[] = [];
  let context: BrowserContext;
  let page: Page;
  let secondTab: Page;

  beforeAll(async () => {
    await signUp(api.url, email);
    context = await browser.newContext();
    context.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (response.url().startsWith(api.url)) calls.push(`${String(response.status())} ${pathname}`);
    });
    [page, secondTab] = [await open(), await open()];
  });
  afterAll(() => context.close());

  async function open(): Promise<Page> {
    const opened = await context.newPage();
    complainOf(opened, complaints);
    await opened.goto(`${site.origin}/?api=${encodeURIComponent(api.url)}`);
    return opened;
  }

  /** Puts another access token in the place of the one that is remembered, for all tabs. */
  async function replaceToken(replace: (token: string) => string): Promise<void> {
    const { origins } = await context.storageState();
    const { name, value } = origins[0]?.localStorage[0] ?? { name: '', value: '{}' };
    const kept = JSON.parse(value) as { accessToken: string; refreshToken: string };
    const changed = JSON.stringify({ ...kept, accessToken: replace(kept.accessToken) });
    await page.evaluate(`localStorage.setItem(${JSON.stringify(name)}, ${JSON.stringify(changed)})`);
    calls.length = 0;
  }
  const timesOf = (call: string): number => calls.filter((each) => each === call).length;

  it('should carry nothing but what works in a page', () => {
    const places = site.inputs.map((path) => /packages\/client\/src\/(\w+)\//.exec(path)?.[1]);
    expect([...new Set(places)].sort()).toEqual([
      'client',
      'credentials',
      'generated',
      'realtime',
      'storage',
      undefined,
    ]);
  });

  it('should sign in, and say why when it cannot', async () => {
    await page.locator('[name=email]').fill(email);
    await page.locator('[name=password]').fill('not the right one');
    await page.locator('form button').click();
    await page.getByText('AuthenticationError: Invalid email or password').waitFor();
    await page.locator('[name=password]').fill(PASSWORD);
    await page.locator('form button').click();
    await expect(page.locator('#who', { hasText: email }).waitFor()).resolves.toBeUndefined();
    // The browser writes what is refused into the console, and nothing else was complained of.
    expect(complaints.splice(0)).toEqual([expect.stringContaining('401')]);
  });

  it('should upload a file, showing how far it is', async () => {
    const buffer = Buffer.alloc(3_000_000, 'supanest ');
    // On one machine all of it is away at once.
    const network = await context.newCDPSession(page);
    const line = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 10_000_000 };
    await network.send('Network.emulateNetworkConditions', line);
    await page.locator('#file').setInputFiles({ name: 'large.txt', mimeType: 'text/plain', buffer });
    const stored = await textOf(page, '#stored');
    await network.detach();
    const { shown, ...file } = JSON.parse(stored) as { shown: number[] };
    expect(file).toMatchObject({ size: buffer.length, bytes: buffer.length });
    expect(shown.at(-1)).toBe(1);
    expect(shown.length).toBeGreaterThan(1);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
  });

  it('should keep tensors', async () => {
    await page.locator('#tensor').click();
    await expect(textOf(page, '#part')).resolves.toBe('2 4 6');
  });

  it('should hear what another tab says in a channel', async () => {
    await page.locator('#listen').click();
    await page.getByText('Listening').waitFor();
    await secondTab.locator('#say').click();
    await expect(page.locator('#heard li', { hasText: 'said hello' }).waitFor()).resolves.toBeUndefined();
  });

  itLocally.each([
    ['has expired', 0, (token: string) => signedAgain(token, -60)],
    ['is refused', 6, (token: string) => `${token}x`],
  ])('should renew a token that %s once for all tabs, and go on', async (_, refusals, replace) => {
    await replaceToken(replace);
    // The server takes its time, until both tabs need a new token.
    const waiting = Promise.withResolvers<undefined>();
    await context.route('**/auth/refresh', (route) => waiting.promise.then(() => route.continue()));
    for (const tab of [page, secondTab]) {
      await tab.locator('#credits').click();
      await tab.locator('#balance', { hasText: '…' }).waitFor();
    }
    await until(() => timesOf('401 /api/credits') === refusals);
    waiting.resolve(undefined);
    for (const tab of [page, secondTab]) {
      await expect(tab.locator('#balance', { hasText: /^(\d+) \1 \1$/ }).waitFor()).resolves.toBeUndefined();
    }
    expect(timesOf('200 /api/auth/refresh')).toBe(1);
    expect(timesOf('200 /api/credits')).toBe(6);
    await context.unroute('**/auth/refresh');
    // Who listened goes on listening, with the new token.
    const heard = await page.locator('#heard li').count();
    await secondTab.locator('#say').click();
    await expect(page.locator('#heard li').nth(heard).waitFor()).resolves.toBeUndefined();
  });
});

/** What an element says, once it says something. */
async function textOf(page: Page, selector: string): Promise<string> {
  const filled = page.locator(`${selector}:not(:empty)`);
  await filled.waitFor();
  return (await filled.textContent()) ?? '';
}

/** The same token, which ends in so many seconds, by the secret of this Supabase. */
function signedAgain(token: string, seconds: number): string {
  const claims = jwt.decode(token, { json: true }) ?? {};
  const exp = Math.floor(Date.now() / 1_000) + seconds;
  return jwt.sign({ ...claims, iat: exp - 3_600, exp }, supabaseUnderTest().jwtSecret);
}

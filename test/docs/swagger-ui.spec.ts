import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, PASSWORD } from '../harness/caller.js';

const CHROMIUM = '/usr/bin/chromium';
// Without a browser on the machine there is nothing to prove; the continuous proof installs one.
const describeInBrowser = existsSync(CHROMIUM) || process.env.CI ? describe : describe.skip;

let api: Api;
let browser: Browser;
let page: Page;
const foreign: string[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  api = await startApi();
  browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  page = await browser.newPage();
  page.on('request', (request) => {
    if (!request.url().startsWith(api.url) && !request.url().startsWith('data:')) foreign.push(request.url());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
}, 60_000);

afterAll(async () => {
  await browser.close();
  await api.close();
});

describeInBrowser('Swagger UI', () => {
  const email = newEmail();

  it('should load from this server alone, without a complaint', async () => {
    await page.goto(`${api.url}/docs`);
    await page.locator('.opblock-tag').first().waitFor();
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  }, 30_000);

  it('should sign a user up', async () => {
    const answer = await tryOut('signUp', JSON.stringify({ email, password: PASSWORD }));
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
    expect(await tryOut('getCredits')).toEqual({ credits: 100, subscription_tier: 'free' });
  }, 30_000);

  it('should offer the enveloped representation too', async () => {
    await page.locator('.download-url-wrapper select, #select').first().selectOption({ index: 1 });
    await page.locator('[id$="-getCredits"]').waitFor();
    expect(await tryOut('getCredits')).toEqual({
      success: true,
      data: { credits: 100, subscription_tier: 'free' },
    });
    expect(foreign).toEqual([]);
  }, 30_000);
});

/** Opens an operation, fills in the body, executes it, and reads the answer's body. */
async function tryOut(operationId: string, body?: string): Promise<unknown> {
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

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail } from '../harness/caller.js';
import { MODES } from './modes.js';

interface Enveloped {
  success: boolean;
  data: { access_token: string; refresh_token: string; user: object };
}

/** The test anchors of the authentication endpoints' specification, by their names. */
describe.each(MODES)('$mode', ({ environment }) => {
  let api: Api;
  let client: Caller;
  const email = newEmail();
  const password = 'password123';

  beforeAll(async () => {
    api = await startApi(environment);
    client = new Caller(api.url);
    await client.post('/api/v1/auth/signup', { email, password, confirm_password: password });
  });
  afterAll(() => api.close());

  it('test_successful_login', async () => {
    const response = await client.post<Enveloped>('/api/v1/auth/login', { email, password });
    expect(response.status).toBe(200);
    expect(response.body.data).toHaveProperty('access_token');
    expect(response.body.data).toHaveProperty('user');
  });

  it('test_invalid_credentials', async () => {
    const response = await client.post<Enveloped>('/api/v1/auth/login', { email, password: 'wrongpassword' });
    expect(response.status).toBe(401);
    expect(response.body.success).toBe(false);
  });

  it('test_user_signup', async () => {
    const body = { email: newEmail(), password, confirm_password: password };
    const response = await client.post<Enveloped>('/api/v1/auth/signup', body);
    expect(response.status).toBe(200);
    expect(response.body.data).toHaveProperty('access_token');
  });

  it('test_password_mismatch', async () => {
    const body = { email: newEmail(), password, confirm_password: 'different' };
    const response = await client.post('/api/v1/auth/signup', body);
    expect(response.status).toBe(422);
  });

  it('test_protected_endpoint_access', async () => {
    const refused = await client.get('/api/v1/auth/me');
    expect(refused.status).toBe(401);
    const { body } = await client.post<Enveloped>('/api/v1/auth/login', { email, password });
    const response = await client.get('/api/v1/auth/me', {
      authorization: `Bearer ${body.data.access_token}`,
    });
    expect(response.status).toBe(200);
  });

  it('test_token_refresh', async () => {
    const { body } = await client.post<Enveloped>('/api/v1/auth/login', { email, password });
    const response = await client.post<Enveloped>('/api/v1/auth/refresh', {
      refresh_token: body.data.refresh_token,
    });
    expect(response.status).toBe(200);
    expect(response.body.data).toHaveProperty('access_token');
  });

  it('test_email_validation', async () => {
    const response = await client.post('/api/v1/auth/login', { email: 'invalid-email', password });
    expect(response.status).toBe(422);
  });

  it('test_password_length_validation', async () => {
    const body = { email: newEmail(), password: '123', confirm_password: '123' };
    const response = await client.post('/api/v1/auth/signup', body);
    expect(response.status).toBe(422);
  });
});

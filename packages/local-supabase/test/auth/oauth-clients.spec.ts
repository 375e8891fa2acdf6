import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Harness } from './harness.ts';
import { startVariants, type Variants } from './variants.ts';

let auth: Harness;
let variants: Variants;

beforeAll(async () => {
  variants = await startVariants();
  auth = await variants.start('[auth.oauth_server]\nenabled = true');
});
afterAll(async () => {
  await auth.close();
  await variants.close();
});

const APP = {
  client_name: 'An app',
  redirect_uris: ['https://app.example/back', 'http://localhost:3000/back'],
};
const clients = () => auth.admin().auth.admin.oauth;
const post = (body: object) =>
  auth.send('POST', '/admin/oauth/clients', { body, token: auth.keys.serviceRoleKey });

describe('applications', () => {
  it('are registered, read, changed, given a new secret, and deleted', async () => {
    const { data: made, error } = await clients().createClient(APP);
    expect(error).toBeNull();
    expect(made).toMatchObject({
      ...APP,
      client_type: 'confidential',
      registration_type: 'manual',
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    const id = made?.client_id ?? '';
    const read = await clients().getClient(id);
    expect(read.data).not.toHaveProperty('client_secret');
    const changed = await clients().updateClient(id, { logo_uri: 'https://app.example/logo.png' });
    expect(changed.data).toMatchObject({ client_name: 'An app', logo_uri: 'https://app.example/logo.png' });
    const renewed = await clients().regenerateClientSecret(id);
    expect(renewed.data?.client_secret).not.toBe(made?.client_secret);
    const stored = await auth.pool.query<{ hash: string }>(
      'select client_secret_hash as hash from auth.oauth_clients where id = $1',
      [id],
    );
    expect(stored.rows[0]?.hash).not.toContain(renewed.data?.client_secret);
    expect((await clients().deleteClient(id)).error).toBeNull();
    expect((await clients().getClient(id)).error).toMatchObject({
      status: 404,
      code: 'oauth_client_not_found',
    });
  });

  it('are listed by pages', async () => {
    for (const name of ['one', 'two', 'three']) await clients().createClient({ ...APP, client_name: name });
    const { data } = await clients().listClients({ page: 1, perPage: 2 });
    expect(data).toMatchObject({ total: 3, nextPage: 2, lastPage: 2 });
    expect(data.clients.map(({ client_name }) => client_name)).toEqual(['three', 'two']);
    const beyond = await clients().listClients({ page: 9, perPage: 2 });
    expect(beyond.data).toMatchObject({ total: 3, clients: [] });
  });

  it('that are public have no secret', async () => {
    const { body } = await post({ ...APP, token_endpoint_auth_method: 'none' });
    expect(body).toMatchObject({ client_type: 'public', token_endpoint_auth_method: 'none' });
    expect(body).not.toHaveProperty('client_secret');
    const renewed = await clients().regenerateClientSecret(String(body.client_id));
    expect(renewed.error?.message).toBe('Cannot regenerate secret for public client');
  });

  it.each([
    [{ client_name: 'x' }, 'redirect_uris is required'],
    [{ redirect_uris: [] }, 'redirect_uris is required'],
    [{ redirect_uris: ['javascript://alert(1)'] }, 'not allowed for security reasons'],
    [{ redirect_uris: ['http://app.example'] }, 'HTTP scheme only allowed for localhost'],
    [{ redirect_uris: ['https://app.example#a'] }, 'fragment not allowed'],
    [{ redirect_uris: ['nonsense'] }, 'must have scheme and host'],
    [{ redirect_uris: Array<string>(11).fill('https://a.b') }, 'cannot exceed 10 items'],
    [{ ...APP, grant_types: ['password'] }, 'grant_types must only contain'],
    [{ ...APP, client_type: 'secret' }, 'client_type must be'],
    [{ ...APP, client_type: 'public', token_endpoint_auth_method: 'client_secret_post' }, 'is not valid for'],
    [{ ...APP, token_endpoint_auth_method: 'magic' }, 'must be one of'],
    [{ ...APP, client_uri: 'nonsense' }, 'client_uri must be a valid URL'],
  ])('%j are refused', async (body, message) => {
    const response = await post(body);
    expect(response).toMatchObject({ status: 400, body: { error_code: 'validation_failed' } });
    expect(response.body.msg).toContain(message);
  });

  it('are nobody’s business but administrators’', async () => {
    const token = auth.keys.anonKey;
    const refused = await auth.send('POST', '/admin/oauth/clients', { body: APP, token });
    expect(refused).toMatchObject({ status: 403, body: { error_code: 'not_admin' } });
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';

interface Rate {
  id: number;
  endpoint_path: string;
  method: string | null;
  credits_per_request: number;
  description: string;
  is_active: boolean;
}

let api: Api;
let admin: Caller;
let user: Caller;

beforeAll(async () => {
  api = await startApi();
  admin = await signUpAdmin(api.url);
  user = await signUp(api.url);
});
afterAll(() => api.close());

/** A path that no other suite prices. */
const path = (): string => `/api/nowhere/${randomUUID()}/`;

describe.each(representations)('$prefix/credits/rates', ({ prefix, invalid }) => {
  const at = (id: number | string = ''): string =>
    `${prefix}/credits/rates${id === '' ? '' : `/${String(id)}`}`;
  const create = async (rate: object): Promise<Rate> => resourceOf<Rate>(await admin.post(at(), rate));

  it('should put a price on an endpoint, and show it to everybody', async () => {
    const endpoint_path = path();
    const answer = await admin.post(at(), { endpoint_path, credits_per_request: 3 });
    expect(answer.status).toBe(201);
    const rate = resourceOf<Rate>(answer);
    expect(rate).toEqual({
      id: expect.any(Number),
      endpoint_path,
      method: null,
      credits_per_request: 3,
      description: '',
      is_active: true,
    });
    expect(resourceOf<Rate[]>(await user.get(at()))).toContainEqual(rate);
  });

  it('should change it, and take it out of sight while it is not active', async () => {
    const { id, endpoint_path } = await create({
      endpoint_path: path(),
      credits_per_request: 3,
      method: 'post',
      description: 'x',
    });
    const changed = resourceOf<Rate>(await admin.patch(at(id), { credits_per_request: 7, method: null }));
    expect(changed).toMatchObject({
      id,
      endpoint_path,
      credits_per_request: 7,
      method: null,
      description: 'x',
    });
    await admin.patch(at(id), { is_active: false });
    expect(resourceOf<Rate[]>(await user.get(at())).map((rate) => rate.id)).not.toContain(id);
  });

  it('should remove it, and answer what it was', async () => {
    const rate = await create({ endpoint_path: path(), credits_per_request: 3 });
    expect(resourceOf(await admin.delete(at(rate.id)))).toEqual(rate);
    expect(errorOf(await admin.delete(at(rate.id)))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await admin.patch(at(rate.id), { is_active: true })).status).toBe(404);
  });

  it('should refuse a second price for the same path and method, in any spelling', async () => {
    const endpoint_path = path();
    const other = endpoint_path.replace('/api/', '/api/v1/').replace(/\/$/, '');
    await create({ endpoint_path, credits_per_request: 1, method: 'GET' });
    const again = await admin.post(at(), { endpoint_path: other, credits_per_request: 2, method: 'GET' });
    expect(errorOf(again)).toMatchObject({ status: 409, code: 'CONFLICT' });
    const wider = await create({ endpoint_path: other, credits_per_request: 2 });
    expect(errorOf(await admin.patch(at(wider.id), { method: 'GET' })).status).toBe(409);
  });

  it.each([
    ['', 'api/x'],
    ['', '/api/x?y=1'],
    ['', '/api/x y'],
    ['', '/api//x'],
    ['', '/api/:'],
    ['', '/api/x\u0000'],
    ['', `/${'x'.repeat(500)}`],
    ['', ''],
    ['', 7],
    ['', null],
  ])('should refuse the path%s %j', async (_, endpoint_path) => {
    const answer = await admin.post(at(), { endpoint_path, credits_per_request: 1 });
    expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
  });

  it.each([
    [{ credits_per_request: -1 }],
    [{ credits_per_request: 1.5 }],
    [{ credits_per_request: '1' }],
    [{ credits_per_request: 1e12 }],
    [{ credits_per_request: null }],
    [{ method: 'BREW' }],
    [{ method: 7 }],
    [{ is_active: 'yes' }],
    [{ description: 7 }],
    [{ description: 'x'.repeat(1001) }],
    [{ description: 'a\u0000b' }],
    [{ id: 7 }],
  ])('should refuse %j, both in a new rate and in a change', async (fault) => {
    const created = await admin.post(at(), { endpoint_path: path(), credits_per_request: 1, ...fault });
    expect(errorOf(created)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    const rate = await create({ endpoint_path: path(), credits_per_request: 1 });
    expect((await admin.patch(at(rate.id), fault)).status).toBe(invalid);
    expect(resourceOf<Rate[]>(await user.get(at()))).toContainEqual(rate);
  });

  it.each(['abc', '0', '-1', '1.5', '99999999999'])('should refuse the id %s', async (id) => {
    expect((await admin.patch(at(id), { is_active: true })).status).toBe(invalid);
    expect((await admin.delete(at(id))).status).toBe(invalid);
  });

  it('should be for administrators, but for reading', async () => {
    const rate = await create({ endpoint_path: path(), credits_per_request: 1 });
    expect((await user.post(at(), { endpoint_path: path(), credits_per_request: 0 })).status).toBe(403);
    expect((await user.patch(at(rate.id), { credits_per_request: 0 })).status).toBe(403);
    expect((await user.delete(at(rate.id))).status).toBe(403);
    expect((await new Caller(api.url).get(at())).status).toBe(401);
  });
});

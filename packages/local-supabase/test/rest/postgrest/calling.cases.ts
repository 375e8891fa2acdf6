import { expect, it } from '@jest/globals';
import type { Answer, PostgrestFixture } from './postgrest.fixture.ts';

/** Functions: which is called, and what it may say of the answer. */
export function functionsAreCalled(rest: PostgrestFixture): void {
  const { ask, get, send } = rest;

  it('should choose and call functions by their arguments', async () => {
    const call = (name: string, args: object): Promise<Answer> => send('POST', `/rpc/${name}`, args);
    expect((await call('pair', { a: 1 })).body).toEqual({ total: 11, product: 10 });
    expect((await call('pair', { a: 2, b: 3 })).body).toEqual({ total: 5, product: 6 });
    expect((await get('/rpc/pair?a=2&b=3&select=total')).body).toEqual({ total: 5 });
    expect((await call('works_of', { w: { id: 1 } })).body).toHaveLength(2);
    expect((await call('size_of', { any: 'thing' })).body).toBe(15);
    expect((await call('size_of', [1, 2])).body).toBe(5);
    expect((await call('twice', { a: 1 })).status).toBe(300);
    expect((await get('/rpc/add_all?ns=1&ns=2&ns=3')).body).toBe(6);
    expect((await call('add_all', { ns: [1, 2] })).body).toBe(3);
    expect((await call('numbers', { n: 3 })).body).toEqual([1, 2, 3]);
    expect((await call('nothing', {})).status).toBe(204);
    expect((await get('/rpc/find_works?part=a&select=title,by:writer(name)&pages=gt.20')).body).toEqual([
      { title: 'Alpha', by: { name: 'Ada' } },
      { title: 'Beta', by: { name: 'Ada' } },
    ]);
    const upper = await ask('/rpc/upper_text', {
      method: 'POST',
      headers: { 'content-type': 'text/plain', accept: 'text/plain' },
      body: 'abc',
    });
    expect([upper.headers.get('content-type'), upper.text]).toEqual(['text/plain; charset=utf-8', 'ABC']);
    const pixel = await get('/rpc/pixel', { accept: 'text/html, image/png;q=0.9, */*;q=0.8' });
    expect([pixel.headers.get('content-type'), pixel.headers.get('content-length')]).toEqual([
      'image/png',
      '2',
    ]);
    expect((await get('/rpc/pixel', { accept: '*/*' })).body).toBe('\\x8950');
    expect((await get('/rpc/twice?a=1', { accept: 'text/plain' })).status).toBe(300);
    expect((await get('/rpc/add_all?ns=1', { accept: 'text/plain' })).status).toBe(406);
    expect((await call('anything', {})).body).toEqual({ id: 1, room: 'hall' });
    expect((await call('add_all', [{ ns: [1] }, { ns: [2] }])).body).toBe(1);
    expect((await call('code_of', { c: 'abc' })).body).toBe('abc');
    const form = await ask('/rpc/add_all', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'ns=1&ns=2',
    });
    expect(form.body).toBe(3);
    expect((await call('rename', { who: 1, name: 'Eve' })).body).toMatchObject({ name: 'Eve' });
    expect((await get('/writers?id=eq.1&select=name')).body).toEqual([{ name: 'Ada' }]);
  });

  it('should let functions set the answer', async () => {
    const tea = await send('POST', '/rpc/teapot', {});
    expect([tea.status, tea.headers.get('x-tea')]).toEqual([418, 'green']);
    expect((await send('POST', '/rpc/brew', {})).headers.get('content-type')).toBe('application/tea+json');
    const why = await send('POST', '/rpc/refuse', { code: 'json' });
    expect(why.body).toEqual({ code: '123', message: 'no', details: 'd', hint: 'h' });
    expect([why.status, why.headers.get('x-why')]).toEqual([402, 'because']);
    expect(why.statusText).toBe('Pay first');
    expect(await send('POST', '/rpc/refuse', { code: 'PT409' })).toMatchObject({
      status: 409,
      statusText: 'refused',
    });
    expect((await send('POST', '/rpc/refuse', { code: 'PGRST' })).body).toEqual({
      code: 'PGRST121',
      message: 'Could not parse JSON in the "RAISE SQLSTATE \'PGRST\'" error',
      details: "Invalid JSON value for MESSAGE: 'refused'",
      hint: "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
    });
    expect((await send('POST', '/rpc/refuse', { code: '42501' })).status).toBe(401);
  });

  it('should run with the settings of request and role, after the function that runs before', async () => {
    const { body } = await get('/rpc/settings?', {
      'x-agent': 'me',
      cookie: 'a=b',
      prefer: 'timezone=Asia/Tokyo',
    });
    expect(body).toEqual({
      role: 'anon',
      method: 'GET',
      path: '/rpc/settings',
      agent: 'me',
      cookie: 'b',
      zone: 'Asia/Tokyo',
      timeout: '3s',
      search_path: '"public", "public", "extensions"',
    });
    expect((await get('/writers', { 'x-block': '1' })).status).toBe(429);
  });

  it('should end what takes too long, and what nobody waits for', async () => {
    expect(await ask('/rpc/hurried?seconds=30')).toMatchObject({
      status: 500,
      body: { code: '57014', message: 'canceling statement due to statement timeout' },
    });
    const service = {
      apikey: rest.supabase.serviceRoleKey,
      authorization: `Bearer ${rest.supabase.serviceRoleKey}`,
    };
    const left = fetch(`${rest.supabase.url}/rest/v1/rpc/slow?seconds=7`, {
      headers: service,
      signal: AbortSignal.timeout(50),
    });
    await expect(left).rejects.toThrow();
    const started = performance.now();
    expect((await ask('/shelves?select=id')).status).toBe(200);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
}

import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { once } from 'node:events';
import { signUp } from '../harness/caller.js';
import { spawnApi } from '../harness/process.js';
import { sql } from '../harness/database.js';

/** Sockets that listen: connections of the others have to be waited for as those of the first. */
const SOCKETS = process.platform === 'linux' ? ['1', '64'] : ['1'];

describe.each(SOCKETS)('SIGTERM, with %s listening at the port', (sockets) => {
  it('should let a request in flight finish, then end with 0', async () => {
    const api = await spawnApi({ LISTENING_SOCKETS: sockets });
    const user = await signUp(api.url);

    // A request whose body is half sent is in flight; the rest follows after the signal.
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const body = JSON.stringify({ data: { finished: true } });
    socket.write(
      `PUT /api/auth/session-data HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${user.token ?? ''}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${String(body.length)}\r\nConnection: close\r\n\r\n${body.slice(0, 5)}`,
    );
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    const closed = once(socket, 'close');
    // The server has taken the request once it answers another one on the same event loop.
    await user.get('/api/credits');

    const exit = api.stop('SIGTERM');
    socket.write(body.slice(5));
    await closed;

    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(await exit).toBe(0);
    const [row] = await sql<{ raw_user_meta_data: unknown }>(
      'select raw_user_meta_data from auth.users where id = $1',
      [user.user?.id],
    );
    expect(row?.raw_user_meta_data).toMatchObject({ finished: true });
  }, 30_000);

  it('should not wait for a connection over which nothing was asked', async () => {
    const api = await spawnApi({ LISTENING_SOCKETS: sockets });
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    await fetch(`${api.url}/api/health`);
    const started = performance.now();
    expect(await api.stop('SIGTERM')).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
  }, 30_000);
});

describe('a port at which another API listens', () => {
  it('should be refused to a second one', async () => {
    const api = await spawnApi();
    const second = await spawnApi({ PORT: new URL(api.url).port }).catch(String);
    await api.stop();
    if (typeof second !== 'string') await second.stop();
    expect(second).toBe('Error: The API ended with 1 before it listened');
  }, 30_000);
});

describe('a process that is left alone', () => {
  it('should end when the process that started it was killed', async () => {
    const api = await spawnApi();
    const ended = once(api.child, 'exit');
    api.child.disconnect();
    expect(await ended).toEqual([0, null]);
  }, 30_000);
});

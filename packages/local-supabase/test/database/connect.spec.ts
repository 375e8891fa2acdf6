import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect } from '../../src/database/connect.ts';

/** One message of Postgres: its letter, its length, its content. */
function message(letter: string, content: string): Buffer {
  const body = Buffer.from(content, 'latin1');
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const WELCOME = [message('R', '\0\0\0\0'), message('Z', 'I')];
const DONE = [message('C', 'BEGIN\0'), message('Z', 'T')];
const FAREWELL = message('E', 'SFATAL\0C57P01\0Mterminating connection\0\0');

describe('A database whose Postgres dies', () => {
  // Each in one piece with what was said before: nobody has had the time to listen.
  it.each([
    ['when it has let somebody in', [[...WELCOME, FAREWELL]]],
    ['between the statements of a transaction', [WELCOME, [...DONE, FAREWELL]]],
  ])('%s fails what it is asked, and nothing else', async (_when, answers) => {
    const server = createServer((socket) => {
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        const answer = Buffer.concat(answers[asked] ?? []);
        asked += 1;
        if (asked < answers.length) socket.write(answer);
        else socket.end(answer);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const database = connect(`postgresql://anybody@127.0.0.1:${port}/postgres`);
    const work = database.transaction(async (client) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      return client.query('select 1');
    });
    await expect(work).rejects.toThrow(/terminat|not queryable/);
    await database.end();
    await once(server.close(), 'close');
  });
});

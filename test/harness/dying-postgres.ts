import { createServer, type AddressInfo } from 'node:net';

/** One message of Postgres: its letter, its length, its content. */
function message(letter: string, content: string): Buffer {
  const body = Buffer.from(content, 'latin1');
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const WELCOME = Buffer.concat([message('R', '\0\0\0\0'), message('Z', 'I')]);
const FAREWELL = message(
  'E',
  'SFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0',
);

/** A Postgres that dies just when it has let somebody in: both reach the client in one piece. */
export async function startDyingPostgres(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(Buffer.concat([WELCOME, FAREWELL])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `postgresql://anybody@127.0.0.1:${String((server.address() as AddressInfo).port)}/postgres`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

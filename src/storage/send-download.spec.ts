import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Transform, type Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';
import { receive } from '../supabase/upstream-download.js';
import { sendDownload } from './send-download.js';

const MIB = 1_048_576;

/** How a server may send a file: in pieces of so many bytes, its length told or not. */
const WAYS: [name: string, pieceLength: number, isLengthTold: boolean][] = [
  ['at once', 4 * MIB, true],
  ['in middling pieces', 40_000, true],
  ['in small pieces', 700, true],
  ['in chunks', 100_000, false],
  ['in small chunks', 900, false],
];

describe('sendDownload', () => {
  let upstream: Server;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let isLate = false;
  const api = fastify();
  let url: string;

  beforeAll(async () => {
    upstream = createServer((request, response) => answer(request, response));
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    api.get('/*', async (request, reply) => {
      const { statusCode, headers, body } = await receive(
        { method: 'GET', url: `${origin}${request.url}`, headers: {} },
        10_000,
      );
      const length = headers['content-length'];
      const told = typeof length === 'string' ? { 'content-length': length } : undefined;
      sendDownload(reply, { status: statusCode as 200, headers: { ...told }, stream: body });
      return reply;
    });
    // As a plugin that compresses: it looks at a piece some time after it was handed on.
    api.addHook('onSend', (_request, _reply, payload, done) => {
      const late = new Transform({
        transform: (piece: Buffer, _encoding, passOn) => setImmediate(() => passOn(null, Buffer.from(piece))),
      });
      done(null, isLate ? (payload as Readable).pipe(late) : payload);
    });
    url = await api.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    upstream.closeAllConnections();
    upstream.close();
    await api.close();
  });

  const open = async (path: string): Promise<IncomingMessage> => {
    const [opened] = (await once(get(`${url}${path}`, { agent: false }), 'response')) as [IncomingMessage];
    return opened;
  };
  const hashOf = (bytes: Buffer): string => createHash('sha1').update(bytes).digest('hex');

  it.each(WAYS)(
    'should pass on what is sent %s, byte by byte, to slow readers, too',
    async (_, size, told) => {
      const files = Array.from({ length: 4 }, () => randomBytes(MIB + 12_345));
      answer = ({ url: path = '' }, response) => {
        const file = files[Number(path.slice(1))] ?? Buffer.alloc(0);
        if (told) response.setHeader('content-length', file.length);
        for (let at = 0; at < file.length; at += size) response.write(file.subarray(at, at + size));
        response.end();
      };
      const readAll = (): Promise<string[]> =>
        Promise.all(
          files.map(async (_file, index) => {
            const pieces: Buffer[] = [];
            for await (const piece of (await open(`/${String(index)}`)) as AsyncIterable<Buffer>) {
              pieces.push(piece);
              // Some are read as they come, others in many turns, so that each kind of waiting is there.
              for (let turn = 0; turn < index; turn += 1)
                await new Promise((resolve) => setImmediate(resolve));
            }
            return hashOf(Buffer.concat(pieces));
          }),
        );
      for (isLate of [true, false]) expect(await readAll()).toEqual(files.map(hashOf));
    },
  );

  it('should break the answer off where Supabase breaks off, and ask it again afterwards', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': 2 * MIB });
      response.write(Buffer.alloc(MIB), () => response.destroy());
    };
    await expect((await open('/')).toArray()).rejects.toThrow('aborted');

    answer = (_request, response) => response.end('whole');
    expect(Buffer.concat((await (await open('/')).toArray()) as Buffer[]).toString()).toBe('whole');
  });

  it('should use a connection again, and another one where Supabase has closed it', async () => {
    const ports = new Set<number | undefined>();
    answer = ({ socket }, response) => {
      ports.add(socket.remotePort);
      response.end('x');
    };
    for (let count = 0; count < 3; count += 1) await (await open('/')).toArray();
    expect(ports.size).toBe(1);
    let refused = 0;
    answer = ({ socket }, response) => {
      if (!ports.has(socket.remotePort)) response.end('x');
      else {
        refused += 1;
        socket.destroy();
      }
    };
    const again = await open('/');
    expect([again.statusCode, refused]).toEqual([200, 1]);
    again.resume();
  });
});

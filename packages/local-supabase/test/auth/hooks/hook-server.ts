import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;
export interface HookReply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A service that answers hooks. */
export interface HookServer {
  url: string;
  /** What has come, and whether it was signed with the secret. */
  calls: { headers: IncomingHttpHeaders; input: Json; signed: boolean }[];
  /** Decides on each answer; `{}` to begin with. */
  answer: (input: Json) => Promise<HookReply> | HookReply;
  close: () => Promise<void>;
}

export const SECRET = Buffer.from('a secret of thirty-two bytes, so').toString('base64');

/** `[auth.hook.<name>]` over HTTP. */
export const httpHook = (name: string, { url }: HookServer): string => `
  [auth.hook.${name}]
  enabled = true
  uri = "${url}"
  secrets = "v1,whsec_${SECRET}"`;

export async function startHookServer(): Promise<HookServer> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const input = JSON.parse(text) as Json;
      hooks.calls.push({ headers: request.headers, input, signed: isSigned(request.headers, text) });
      void Promise.resolve(hooks.answer(input)).then(({ status = 200, headers, body = {} }) => {
        const type = status === 204 ? {} : { 'content-type': 'application/json' };
        response.writeHead(status, { ...type, ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hooks: HookServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    calls: [],
    answer: () => ({}),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return hooks;
}

/** As https://www.standardwebhooks.com wants it checked. */
function isSigned(headers: IncomingHttpHeaders, body: string): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures } = headers;
  if (Math.abs(Date.now() / 1000 - Number(time)) > 60) return false;
  const expected = createHmac('sha256', Buffer.from(SECRET, 'base64'))
    .update(`${String(id)}.${String(time)}.${body}`)
    .digest('base64');
  return String(signatures).split(' ').includes(`v1,${expected}`);
}

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a provider was asked. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  authorization: string;
  headers: Record<string, string | string[] | undefined>;
  form: URLSearchParams;
}

/** What it answers: JSON, or text, or with a status of its own. */
export type Answer = object | string | { status: number };

/** Plays a provider's API on loopback. */
export interface ApiServer {
  url: string;
  asked: Asked[];
  answer: (asked: Asked) => Answer;
  close: () => Promise<void>;
}

export async function startApiServer(): Promise<ApiServer> {
  const api: ApiServer = {
    url: '',
    asked: [],
    answer: () => ({ status: 404 }),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://provider');
      const asked = {
        method: request.method ?? '',
        path: pathname,
        query: searchParams,
        authorization: request.headers.authorization ?? '',
        headers: request.headers,
        form: new URLSearchParams(Buffer.concat(parts).toString()),
      };
      api.asked.push(asked);
      const answer = api.answer(asked);
      const status = typeof answer === 'object' && 'status' in answer ? answer.status : 200;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return api;
}

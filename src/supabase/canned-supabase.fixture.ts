import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SupabaseConfig } from '../platform/config/config.js';
import { SupabaseAuth } from './supabase-auth.service.js';
import { SupabaseClients } from './supabase-clients.service.js';

export const KEY = 'sb_publishable_0123456789';
export const SECRET = 'sb_secret_0123456789';
export const USER = {
  id: '3f8a9c1e-6d1b-4c55-9a53-0f7b7a1f6f10',
  aud: 'authenticated',
  created_at: '2026-01-01T00:00:00Z',
};
export const SESSION = {
  access_token: 'a.b.c',
  refresh_token: 'r',
  token_type: 'bearer',
  expires_in: 3_600,
  user: USER,
};
export const CREDENTIALS = { email: 'ada@example.com', password: 'wrong' };

/** A request that has come. */
export interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** What becomes of the next requests. */
export type Behaviour =
  { status?: number; body?: unknown; text?: string; headers?: Record<string, string> } | 'hang' | 'cut';

/** How Supabase says why it refuses, in the words of its newer versions. */
export const refusal = (code: string, status = 400, msg = 'secret words of Supabase'): Behaviour => ({
  status,
  body: { code, message: msg, msg },
  headers: { 'x-supabase-api-version': '2024-01-01' },
});

/** A server that answers what it is told to, and clients of it as the API makes them. */
export class CannedSupabase {
  behaviour: Behaviour = {};
  received: Received[] = [];
  private readonly server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.received.push({ method: request.method, url: request.url, headers: request.headers, body });
      if (this.behaviour === 'hang') return;
      if (this.behaviour === 'cut') {
        request.socket.destroy();
        return;
      }
      const { status = 200, body: answer, text = JSON.stringify(answer ?? {}), headers } = this.behaviour;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(text);
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  /** Before each test. */
  begin(): void {
    this.received = [];
    this.behaviour = {};
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What has come, as `METHOD /path`, without the query. */
  get asked(): string[] {
    return this.received.map(({ method, url }) => `${String(method)} ${String(url).replace(/\?.*$/, '')}`);
  }

  /** @param options.patienceMs - how long it waits for an answer */
  auth({ secretKey = SECRET, url = this.url, patienceMs = 500 } = {}): SupabaseAuth {
    const config = new SupabaseConfig(
      url,
      KEY,
      secretKey,
      undefined,
      `${url}/auth/v1`,
      patienceMs,
      patienceMs,
    );
    return new SupabaseAuth(new SupabaseClients(config));
  }
}

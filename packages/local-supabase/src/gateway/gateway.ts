import cors from '@fastify/cors';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { Context, Part } from '../context.ts';
import { apiKeyGuard } from './api.keys.ts';
import { CORS } from './cors.ts';
import type { Listener } from './listener.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False for a route that answers preflight requests, and sets its headers, itself. */
    cors?: false;
  }
}

/** Bodies beyond this are refused with 413, unless a route says otherwise. */
const BODY_LIMIT = 50 * 1024 * 1024;

/** Where applications look for what is said of an authorization server (RFC 8414). */
const OAUTH_METADATA = /^\/\.well-known\/oauth-authorization-server(?=$|\?)/;

/** Headers that browsers may show to scripts, of all parts. */
const EXPOSED_HEADERS = [
  'Content-Encoding',
  'Content-Location',
  'Content-Range',
  'Content-Type',
  'Date',
  'ETag',
  'Link',
  'Location',
  'Preference-Applied',
  'Range-Unit',
  'Retry-After',
  'Server',
  'Transfer-Encoding',
  'X-Supabase-Api-Version',
  'X-Total-Count',
  'sb-error-code',
  'x-sb-error-code',
];

/** Puts the parts behind one door, as Supabase's gateway does: CORS, the API key, then the part. */
export async function startGateway(
  listener: Listener,
  context: Context,
  parts: readonly Part[],
): Promise<FastifyInstance> {
  const app = Fastify({
    serverFactory: listener.attach,
    bodyLimit: BODY_LIMIT,
    routerOptions: { maxParamLength: 2048, ignoreTrailingSlash: true },
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => url.replace(OAUTH_METADATA, '/auth/v1$&'),
  });
  await app.register(cors, {
    ...CORS,
    methods: [...CORS.methods],
    exposedHeaders: EXPOSED_HEADERS,
    strictPreflight: false,
  });
  for (const part of parts) await mount(app, context, part);
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ message: 'no Route matched with those values' }),
  );
  await app.ready();
  app.server.on('upgrade', (request, socket, head) => {
    const part = parts.find(({ prefix, upgrade }) => upgrade && request.url?.startsWith(`${prefix}/`));
    if (part?.upgrade) part.upgrade(request, socket, head);
    else socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
  });
  return app;
}

async function mount(app: FastifyInstance, context: Context, part: Part): Promise<void> {
  await app.register(
    async (scope) => {
      scope.addHook('onRequest', apiKeyGuard(context.keys, part.isOpen ?? (() => false), part.prefix));
      await part.routes(scope);
    },
    { prefix: part.prefix },
  );
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import pg from 'pg';
import type { Context, Part } from '../context.ts';
import { answerPreflight } from '../gateway/cors.ts';
import { ChannelWatch } from '../database/channel.watch.ts';
import { whenAbandoned } from './abandoned.ts';
import { asRestError, isSchemaFailure } from './errors/database.error.ts';
import { RestError } from './errors/rest.error.ts';
import { PictureBook } from './picture.ts';
import type { HttpRequest } from './request/rest.request.ts';
import { outliveConnections } from '../database/connect.ts';
import { answerRequest } from './rest.engine.ts';
import type { RestAnswer } from './rest.types.ts';
import { callerOf } from './token.ts';

const PREFIX = '/rest/v1';
const MAX_CONNECTIONS = 10;

/** `/rest/v1`: what PostgREST answers, over our Postgres, with tokens verified by our keys. */
export function restPart(context: Context): Part {
  const pool = new pg.Pool({
    connectionString: context.database.url,
    max: MAX_CONNECTIONS,
    application_name: 'rest',
    // Everything stays the text that Postgres writes.
    types: { getTypeParser: () => (text: string) => text },
  });
  outliveConnections(pool);
  const book = new PictureBook(pool, context.config);
  const watch = new ChannelWatch(context.database.url, 'pgrst', () => book.forget());

  const answer = async (http: HttpRequest): Promise<RestAnswer> => {
    await watch.start();
    const caller = await callerOf(context.keys, http.headers.authorization);
    const picture = await book.picture();
    try {
      return await answerRequest(pool, picture, http, caller);
    } catch (error) {
      // The database may have changed, and the news be on its way.
      if (!isSchemaFailure(error)) throw error;
      await watch.settle();
      const fresh = await book.picture();
      if (fresh === picture) throw error;
      return answerRequest(pool, fresh, http, caller);
    }
  };
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    send(
      reply,
      await answer({ ...toHttpRequest(request), abandoned: whenAbandoned(reply.raw) }).catch(refused),
    );
  return {
    prefix: PREFIX,
    isOpen: () => true,
    routes: async (app: FastifyInstance) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      const method = app.supportedMethods.filter((name) => name !== 'OPTIONS');
      for (const url of ['/', '/*']) {
        app.route({ method, url, handler: handle, exposeHeadRoute: false });
        app.options(url, { onRequest: answerPreflight, config: { cors: false } }, handle);
      }
      await Promise.resolve();
    },
    close: async () => {
      await watch.close();
      await pool.end();
    },
  };
}

function toHttpRequest(request: FastifyRequest): HttpRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, Array.isArray(text) ? text.join(', ') : text] as const],
    ),
  );
  return {
    method: request.method,
    url: request.url.slice(PREFIX.length),
    headers,
    body: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
  };
}

function refused(cause: unknown): RestAnswer {
  const error = asRestError(cause, '');
  if (!(error instanceof RestError)) throw cause;
  const { status, statusText, headers, body } = error;
  return {
    status,
    ...(statusText === undefined ? {} : { statusText }),
    headers: [['content-type', 'application/json; charset=utf-8'], ...headers],
    body: JSON.stringify(body),
  };
}

function send(reply: FastifyReply, { status, statusText, headers, body }: RestAnswer): FastifyReply {
  void reply.code(status);
  // Others cannot stand in the first line of an answer.
  if (statusText !== undefined && /^[\t\x20-\x7e]+$/.test(statusText)) reply.raw.statusMessage = statusText;
  for (const [name, text] of headers) void reply.header(name, text);
  // Sent as it is: Fastify would add a charset to the type a function gave.
  return reply.serializer(String).send(body);
}

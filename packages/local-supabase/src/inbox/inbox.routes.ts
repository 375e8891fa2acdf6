import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { inbucketRoutes } from './inbucket.routes.ts';
import { headers, message, messagePage, parseSearch, raw } from './mailpit.format.ts';
import type { MailFilter, MessageStore, StoredMail } from './message.store.ts';

interface Listing {
  Querystring: { start?: string; limit?: string; query?: string };
}
interface Selection {
  Body: { IDs?: string[]; Read?: boolean } | undefined;
}
interface OneMessage {
  Params: { id: string };
}

const PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 500;

/** The inbox: a page at `/`, Mailpit's API below `/api/v1` and, for older suites, Inbucket's. */
export function inboxRoutes(store: MessageStore) {
  return async (app: FastifyInstance): Promise<void> => {
    await servePage(app);
    await app.register(inbucketRoutes(store));
    const list = async (filter: MailFilter, { start, limit }: Listing['Querystring']): Promise<object> => {
      const offset = count(start, 0);
      const page = await store.list(filter, offset, Math.min(count(limit, PAGE_SIZE), MAX_PAGE_SIZE));
      return messagePage(page, offset, await store.list({}, 0, 0));
    };

    app.get<Listing>('/api/v1/messages', ({ query }) => list({}, query));
    app.get<Listing>('/api/v1/search', ({ query }) => list(parseSearch(query.query ?? ''), query));
    app.get<OneMessage>('/api/v1/message/:id', ({ params }, reply) => show(store, params.id, reply, message));
    app.get<OneMessage>('/api/v1/message/:id/headers', ({ params }, reply) =>
      show(store, params.id, reply, headers),
    );
    app.get<OneMessage>('/api/v1/message/:id/raw', ({ params }, reply) => show(store, params.id, reply, raw));
    app.put<Selection>('/api/v1/messages', async ({ body }, reply) => {
      await store.setRead(body?.IDs ?? [], body?.Read ?? false);
      return reply.type('text/plain').send('ok');
    });
    app.delete<Selection>('/api/v1/messages', async ({ body }, reply) => {
      await store.delete(body?.IDs ?? []);
      return reply.type('text/plain').send('ok');
    });
    app.delete<Listing>('/api/v1/search', async ({ query }, reply) => {
      await store.deleteMatching(parseSearch(query.query ?? ''));
      return reply.type('text/plain').send('ok');
    });
    app.get('/api/v1/info', async () => {
      const { total, unread } = await store.list({}, 0, 0);
      return { Version: 'local-supabase', Messages: total, Unread: unread };
    });
    for (const path of ['/livez', '/readyz'])
      app.get(path, (_request, reply) => reply.type('text/plain').send('ok'));

    app.get<OneMessage>('/view/:id.html', ({ params }, reply) => show(store, params.id, reply, html));
    app.get<OneMessage>('/view/:id.txt', ({ params }, reply) =>
      show(store, params.id, reply, ({ text }) => text),
    );
  };
}

async function show(
  store: MessageStore,
  id: string,
  reply: FastifyReply,
  format: (mail: StoredMail) => object | string,
): Promise<FastifyReply> {
  const mail = await store.open(id);
  if (!mail) return reply.code(404).send({ Error: 'message not found' });
  if (format === html) protect(reply);
  else if (typeof format(mail) === 'string') void reply.type('text/plain; charset=utf-8');
  return reply.send(format(mail));
}

/** Links of a mail open in a new tab; the frame that shows it may not do anything itself. */
const html = (mail: StoredMail): string => `<!doctype html><base target="_blank">${mail.html}`;

/** What a mail contains is nobody's word here: no scripts, no requests, no place in this page's origin. */
function protect(reply: FastifyReply): void {
  void reply
    .type('text/html; charset=utf-8')
    .header(
      'content-security-policy',
      `sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data: https: http:; style-src 'unsafe-inline'; frame-ancestors 'self'`,
    )
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer');
}

async function servePage(app: FastifyInstance): Promise<void> {
  const page = await readFile(new URL('./inbox.page.html', import.meta.url), 'utf8');
  const script = /<script>([\s\S]*)<\/script>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'`;
  app.get('/', (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(page),
  );
}

function count(text: string | undefined, fallback: number): number {
  const number = Number(text);
  return text !== undefined && Number.isInteger(number) && number >= 0 ? number : fallback;
}

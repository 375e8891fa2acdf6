import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { tokenOfApiKey, verifyAccessToken } from '../access.token.ts';
import type { RealtimeClaims } from '../access.token.ts';
import { roomOf } from '../broadcast/topic.hub.ts';
import { LIMITS } from '../limits.ts';
import type { BroadcastMessage } from '../protocol/frame.types.ts';
import { isRecord } from '../protocol/value.checks.ts';
import { RateCounter } from '../rate.counter.ts';
import type { RealtimeServices } from '../realtime.services.ts';
import { readMessages } from './broadcast.body.ts';

interface Outgoing {
  readonly topic: string;
  readonly isPrivate: boolean;
  readonly message: BroadcastMessage;
}

/** Broadcasting over HTTP: several messages at once, or one to a topic and event in the path. */
export function broadcastRoutes(app: FastifyInstance, services: RealtimeServices): void {
  const events = new RateCounter(LIMITS.eventsPerSecond * 10);

  app.post('/api/broadcast', async (request, reply) => {
    const claims = await authenticate(request, services);
    if (!claims) return unauthorized(reply);
    const { messages, errors } = readMessages(request.body);
    if (errors) return reply.code(422).send({ errors });
    if (!events.take(messages.length)) return tooMany(reply);
    await send(messages, claims, request, services);
    return reply.code(202).send();
  });

  app.post<{ Params: { topic: string; event: string }; Querystring: Record<string, string> }>(
    '/api/broadcast/:topic/events/:event',
    async (request, reply) => {
      const claims = await authenticate(request, services);
      if (!claims) return unauthorized(reply);
      if (!events.take()) return tooMany(reply);
      const { topic, event } = request.params;
      const isPrivate = request.query.private === 'true';
      const message = readSingle(event, request.body);
      if (!message) return reply.code(422).send({ message: 'Payload must be an object or binary' });
      const mayPersist = await persistence(request.query, topic, isPrivate, claims, services);
      if (mayPersist.refused) return reply.code(mayPersist.status).send({ error: mayPersist.refused });
      const sent = await send([{ topic, isPrivate, message }], claims, request, services);
      if (sent === 0) return unauthorized(reply);
      if (mayPersist.wanted) await services.messages.store(topic, message, mayPersist.ttl);
      return reply.code(202).send();
    },
  );
}

/** The caller's claims, from his token or else his API key; undefined when neither is valid. */
async function authenticate(
  request: FastifyRequest,
  services: RealtimeServices,
): Promise<RealtimeClaims | undefined> {
  const bearer = /^bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const key = request.headers.apikey;
  const credential = bearer ?? (typeof key === 'string' ? key : undefined);
  if (credential === undefined) return undefined;
  const token = tokenOfApiKey(credential, services.keys);
  return verifyAccessToken(token, services.keys).catch(() => undefined);
}

/** How many were sent; a private topic's policy decides without telling the caller. */
async function send(
  outgoing: readonly Outgoing[],
  claims: RealtimeClaims,
  request: FastifyRequest,
  services: RealtimeServices,
): Promise<number> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const allowed = new Map<string, boolean>();
  let sent = 0;
  for (const { topic, isPrivate, message } of outgoing) {
    if (isPrivate && !allowed.has(topic)) {
      const question = { topic, claims, headers };
      allowed.set(topic, await services.authorization.mayWrite(question, 'broadcast').catch(() => false));
    }
    if (isPrivate && !allowed.get(topic)) continue;
    services.hub.broadcast(roomOf(topic, isPrivate), message);
    sent += 1;
  }
  return sent;
}

function readSingle(event: string, body: unknown): BroadcastMessage | undefined {
  if (Buffer.isBuffer(body)) return { kind: 'user', event, encoding: 'binary', bytes: body };
  return isRecord(body) || Array.isArray(body)
    ? { kind: 'json', payload: { type: 'broadcast', event, payload: body } }
    : undefined;
}

interface Persistence {
  readonly wanted: boolean;
  readonly ttl?: number;
  readonly refused?: string;
  readonly status: number;
}

/** `?persist=true` or `?persist[ttl]=seconds` keeps the message for those who join later. */
async function persistence(
  query: Readonly<Record<string, string>>,
  topic: string,
  isPrivate: boolean,
  claims: RealtimeClaims,
  services: RealtimeServices,
): Promise<Persistence> {
  const ttl = query['persist[ttl]'];
  if (query.persist !== 'true' && ttl === undefined) return { wanted: false, status: 202 };
  if (!isPrivate)
    return { wanted: true, status: 422, refused: 'Messages of a public channel cannot be stored' };
  const question = { topic, claims, headers: {} };
  const may = await services.authorization.mayWrite(question, 'persistence').catch(() => false);
  if (!may) return { wanted: true, status: 401, refused: 'Unauthorized' };
  return { wanted: true, status: 202, ...(ttl === undefined ? {} : { ttl: Number(ttl) || 0 }) };
}

const unauthorized = (reply: FastifyReply): FastifyReply => reply.code(401).send({ message: 'Unauthorized' });
const tooMany = (reply: FastifyReply): FastifyReply =>
  reply.code(429).send({ message: 'Too many messages to broadcast, please reduce the batch size' });

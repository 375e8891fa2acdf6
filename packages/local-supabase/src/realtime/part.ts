import type { FastifyInstance } from 'fastify';
import type { Context, Part } from '../context.ts';
import { AuthorizationRepository } from './authorization/authorization.repository.ts';
import { MessageRelay } from './broadcast/message.relay.ts';
import { MessagesRepository } from './broadcast/messages.repository.ts';
import { TopicHub } from './broadcast/topic.hub.ts';
import { ChangeFeed } from './changes/change.feed.ts';
import { ChangesRepository } from './changes/changes.repository.ts';
import { DatabaseListener } from './database.listener.ts';
import { broadcastRoutes } from './http/broadcast.routes.ts';
import { healthRoutes } from './http/health.routes.ts';
import { LIMITS } from './limits.ts';
import { NotificationRouter } from './notification.router.ts';
import { PresenceRooms } from './presence/presence.rooms.ts';
import { RateCounter } from './rate.counter.ts';
import type { RealtimeServices } from './realtime.services.ts';
import { SocketServer } from './socket/socket.server.ts';

/** `/realtime/v1`: broadcast, presence and postgres_changes over the Phoenix protocol, and broadcast over HTTP. */
export function realtimePart(context: Context): Part {
  const hub = new TopicHub();
  const messages = new MessagesRepository(context.database.pool);
  const changesRepository = new ChangesRepository(context.database);
  const changes = new ChangeFeed(changesRepository, report);
  const router = new NotificationRouter(changes, new MessageRelay(messages, hub), report);
  const services: RealtimeServices = {
    keys: context.keys,
    hub,
    messages,
    changes,
    presences: new PresenceRooms(),
    authorization: new AuthorizationRepository(context.database.pool),
    listener: new DatabaseListener(context.database.url, router),
    joins: new RateCounter(LIMITS.joinsPerSecond),
    report,
  };
  const sockets = new SocketServer(services);

  return {
    prefix: '/realtime/v1',
    // Keys are Realtime's to check: whoever has a user's token may do without one.
    isOpen: () => true,

    async migrate() {
      await changesRepository.reset();
      await messages.prune();
    },

    routes(app: FastifyInstance) {
      app.removeContentTypeParser('text/plain');
      app.addContentTypeParser(
        'application/octet-stream',
        { parseAs: 'buffer', bodyLimit: LIMITS.payloadBytes },
        (_request, body, done) => done(null, body),
      );
      broadcastRoutes(app, services);
      healthRoutes(app, () => healthy(services));
      return Promise.resolve();
    },

    upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),

    async close() {
      sockets.close();
      changes.close();
      await services.listener.close();
      await router.idle();
    },
  };
}

async function healthy(services: RealtimeServices): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 1_000).unref());
  return Promise.race([services.listener.ready().then(() => true), late]);
}

/** What went wrong without a caller is said where the server prints. */
function report(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`[realtime] ${text}\n`);
}

import type { FastifyInstance } from 'fastify';
import type { MessageStore } from './message.store.ts';

export function inboxRoutes(store: MessageStore) {
  return async (app: FastifyInstance): Promise<void> => {
    app.get('/api/v1/messages', () => store.list({}, 0, 50));
    await Promise.resolve();
  };
}

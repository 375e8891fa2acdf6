import { randomUUID } from 'node:crypto';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Database, Mail, Mailer } from '../context.ts';
import { takePort } from '../port.ts';
import { inboxRoutes } from './inbox.routes.ts';
import { MessageStore } from './message.store.ts';

/** Catches mail instead of sending it, and shows it: a page, and Mailpit's JSON API. */
export class Inbox implements Mailer {
  private readonly store: MessageStore;
  private readonly app: FastifyInstance;

  constructor(database: Database) {
    this.store = new MessageStore(database);
    this.app = Fastify({ forceCloseConnections: true });
  }

  async listen(port: number): Promise<number> {
    await this.app.register(inboxRoutes(this.store));
    await takePort(port, 'inbox', () => this.app.listen({ port, host: '127.0.0.1' }));
    return (this.app.server.address() as AddressInfo).port;
  }

  async send(mail: Mail): Promise<void> {
    await this.store.add({ id: randomUUID(), ...mail });
  }

  async close(): Promise<void> {
    await this.app.close();
  }
}

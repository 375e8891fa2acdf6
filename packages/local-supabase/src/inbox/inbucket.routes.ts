import type { FastifyInstance } from 'fastify';
import { headers } from './mailpit.format.ts';
import type { MessageStore, StoredMail } from './message.store.ts';

interface Mailbox {
  Params: { name: string };
}
interface MailboxMessage {
  Params: { name: string; id: string };
}

const ALL = 500;

/** Inbucket's REST API, which the Supabase CLI had before Mailpit: mail by mailbox, the part before the `@`. */
export function inbucketRoutes(store: MessageStore) {
  return async (app: FastifyInstance): Promise<void> => {
    const of = async (name: string): Promise<StoredMail[]> => {
      const { messages } = await store.list({ to: name }, 0, ALL);
      const wanted = name.toLowerCase();
      return messages
        .filter(({ to }) => [to.toLowerCase(), to.toLowerCase().split('@')[0]].includes(wanted))
        .reverse();
    };
    app.get<Mailbox>('/api/v1/mailbox/:name', async ({ params }) =>
      (await of(params.name)).map((mail) => envelope(mail, params.name)),
    );
    app.delete<Mailbox>('/api/v1/mailbox/:name', async ({ params }) => {
      const ids = (await of(params.name)).map(({ id }) => id);
      if (ids.length > 0) await store.delete(ids);
      return 'OK';
    });
    app.get<MailboxMessage>('/api/v1/mailbox/:name/:id', async ({ params }, reply) => {
      const found = params.id === 'latest' ? (await of(params.name)).at(-1)?.id : params.id;
      const mail = found === undefined ? undefined : await store.open(found);
      if (!mail) return reply.code(404).send('Message not found');
      const body = { text: mail.text, html: mail.html };
      return { ...envelope(mail, params.name), body, header: headers(mail), attachments: [] };
    });
    app.delete<MailboxMessage>('/api/v1/mailbox/:name/:id', async ({ params }) => {
      await store.delete([params.id]);
      return 'OK';
    });
    await Promise.resolve();
  };
}

function envelope(mail: StoredMail, mailbox: string): object {
  return {
    mailbox,
    id: mail.id,
    from: '<admin@email.com>',
    to: [`<${mail.to}>`],
    subject: mail.subject,
    date: mail.createdAt.toISOString(),
    'posix-millis': mail.createdAt.getTime(),
    size: Buffer.byteLength(mail.html) + Buffer.byteLength(mail.text),
    seen: mail.read,
  };
}

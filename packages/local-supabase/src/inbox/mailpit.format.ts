import type { MailFilter, MailPage, StoredMail } from './message.store.ts';

/** The sender that the Supabase CLI configures for its own mail catcher. */
const SENDER = { Name: 'Admin', Address: 'admin@email.com' };
const SNIPPET_LENGTH = 250;

const common = (mail: StoredMail) => ({
  ID: mail.id,
  MessageID: `${mail.id}@local-supabase`,
  From: SENDER,
  To: [{ Name: '', Address: mail.to }],
  Cc: [],
  Bcc: [],
  ReplyTo: [],
  Subject: mail.subject,
  Tags: [],
  Size: Buffer.byteLength(mail.html) + Buffer.byteLength(mail.text),
});

/** A message as Mailpit lists it. */
function summary(mail: StoredMail): object {
  return {
    ...common(mail),
    Read: mail.read,
    Created: mail.createdAt.toISOString(),
    Attachments: 0,
    Snippet: mail.text.replaceAll(/\s+/g, ' ').trim().slice(0, SNIPPET_LENGTH),
  };
}

/** A message as Mailpit shows it. */
export function message(mail: StoredMail): object {
  return {
    ...common(mail),
    Date: mail.createdAt.toISOString(),
    ReturnPath: SENDER.Address,
    ListUnsubscribe: { Header: '', Links: [], Errors: '', HeaderPost: '' },
    Text: mail.text,
    HTML: mail.html,
    Inline: [],
    Attachments: [],
  };
}

export function headers(mail: StoredMail): Record<string, string[]> {
  return {
    Date: [mail.createdAt.toUTCString()],
    From: [`"${SENDER.Name}" <${SENDER.Address}>`],
    'Message-Id': [`<${mail.id}@local-supabase>`],
    'Mime-Version': ['1.0'],
    Subject: [mail.subject],
    To: [mail.to],
  };
}

/** A page of messages; `count` and `messages_count` are two generations of the same number. */
export function messagePage({ messages, total, unread }: MailPage, start: number, all: MailPage): object {
  return {
    total: all.total,
    unread: all.unread,
    count: messages.length,
    messages_count: total,
    messages_unread: unread,
    start,
    tags: [],
    messages: messages.map(summary),
  };
}

/** The raw message, as it would have been sent. */
export function raw(mail: StoredMail): string {
  const boundary = `part-${mail.id}`;
  const head = Object.entries(headers(mail)).map(([name, [value]]) => `${name}: ${value ?? ''}`);
  const part = (type: string, body: string): string =>
    `--${boundary}\r\nContent-Type: ${type}; charset=UTF-8\r\n\r\n${body}\r\n`;
  return [
    ...head,
    `Content-Type: multipart/alternative; boundary="${boundary}"`,
    '',
    `${part('text/plain', mail.text)}${part('text/html', mail.html)}--${boundary}--\r\n`,
  ].join('\r\n');
}

const TERM = /(?:(to|addressed|from|subject|is|body):)?("([^"]*)"|\S+)/gi;

/** Mailpit's search language, as far as test suites use it: `to:`, `subject:`, `is:read`, `is:unread` and words. */
export function parseSearch(query: string): MailFilter {
  const filter: { to?: string; subject?: string; text?: string; read?: boolean } = {};
  for (const [, field, bare, quoted] of query.matchAll(TERM)) {
    const text = quoted ?? bare ?? '';
    switch (field?.toLowerCase()) {
      case 'to':
      case 'addressed':
        filter.to = text;
        break;
      case 'subject':
        filter.subject = text;
        break;
      case 'is':
        filter.read = text.toLowerCase() === 'read';
        break;
      // All mail is from the one sender.
      case 'from':
        break;
      default:
        filter.text = text;
    }
  }
  return filter;
}

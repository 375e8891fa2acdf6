import type { Mail } from '../../src/context.ts';

/** What a mail of the auth service carries. */
export interface MailContent {
  to: string;
  subject: string;
  html: string;
  /** The link's address. */
  link: string;
  /** The hash in the link. */
  hash: string;
  /** The code to type. */
  code: string;
}

/** Caught mail. */
export interface MailBox {
  /** The last mail to this address. */
  last: (to: string) => Promise<MailContent>;
  /** How many mails there are, to this address or to all. */
  count: (to?: string) => Promise<number>;
}

interface Listing {
  total: number;
  messages: { ID: string }[];
}

/** Reads a running inbox by its JSON API. */
export function inboxMail(inboxUrl: string): MailBox {
  const get = async <T>(path: string): Promise<T> => (await fetch(`${inboxUrl}${path}`)).json() as Promise<T>;
  const search = (to: string): Promise<Listing> =>
    get(`/api/v1/search?limit=1&query=${encodeURIComponent(`to:${to}`)}`);
  return {
    last: async (to) => {
      const [newest] = (await search(to)).messages;
      if (newest === undefined) throw new Error(`No mail to ${to}.`);
      const mail = await get<{ Subject: string; HTML: string; Text: string }>(`/api/v1/message/${newest.ID}`);
      return read({ to, subject: mail.Subject, html: mail.HTML, text: mail.Text });
    },
    count: async (to) =>
      to === undefined
        ? (await get<Listing>('/api/v1/messages?limit=1')).total
        : countListed(await search(to)),
  };
}

/** Reads mails that were only collected. */
export function collectedMail(mails: readonly Mail[]): MailBox {
  return {
    last: (to) => {
      const mail = mails.findLast((candidate) => candidate.to === to);
      return mail === undefined
        ? Promise.reject(new Error(`No mail to ${to}.`))
        : Promise.resolve(read(mail));
    },
    count: (to) => Promise.resolve(mails.filter((mail) => to === undefined || mail.to === to).length),
  };
}

function countListed(listing: Listing & { messages_count?: number }): number {
  return listing.messages_count ?? listing.total;
}

function read(mail: Mail): MailContent {
  const link = (/href="([^"]+)"/.exec(mail.html)?.[1] ?? '').replaceAll('&amp;', '&');
  return {
    to: mail.to,
    subject: mail.subject,
    html: mail.html,
    link,
    hash: link === '' ? '' : (new URL(link).searchParams.get('token') ?? ''),
    code: /code: (\d+)/.exec(mail.text)?.[1] ?? '',
  };
}

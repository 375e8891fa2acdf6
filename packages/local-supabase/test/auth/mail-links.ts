import type { Mail } from '../../src/context.ts';

/** What a mail of the auth service carries. */
export interface MailContent {
  to: string;
  subject: string;
  /** The link's address. */
  link: string;
  /** The hash in the link. */
  hash: string;
  /** The code to type. */
  code: string;
}

/** Reads the link and the code of the last mail to `to`. */
export function lastMail(mails: readonly Mail[], to: string): MailContent {
  const mail = mails.findLast((candidate) => candidate.to === to);
  if (mail === undefined) throw new Error(`No mail to ${to}.`);
  const link = (/href="([^"]+)"/.exec(mail.html)?.[1] ?? '').replaceAll('&amp;', '&');
  return {
    to,
    subject: mail.subject,
    link,
    hash: link === '' ? '' : (new URL(link).searchParams.get('token') ?? ''),
    code: /(?:code|enter the code): (\d+)/.exec(mail.text)?.[1] ?? '',
  };
}

/** How many mails went to `to`. */
export function countMails(mails: readonly Mail[], to: string): number {
  return mails.filter((mail) => mail.to === to).length;
}

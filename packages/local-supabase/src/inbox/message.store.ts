import type { Database, Mail } from '../context.ts';

export interface StoredMail extends Mail {
  readonly id: string;
  readonly read: boolean;
  readonly createdAt: Date;
}

/** What to look for; all conditions must hold. */
export interface MailFilter {
  readonly to?: string;
  readonly from?: string;
  readonly subject?: string;
  readonly text?: string;
  readonly read?: boolean;
}

export interface MailPage {
  readonly messages: StoredMail[];
  /** Of those that match. */
  readonly total: number;
  readonly unread: number;
}

/** More are not kept: the oldest go. */
const KEPT = 500;

/** The caught mail, in a schema of its own, so that it is still there after a restart. */
export class MessageStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async add(mail: Mail & { id: string }): Promise<void> {
    await this.database.pool.query(
      `insert into local_inbox.messages (id, recipient, subject, html, text) values ($1, $2, $3, $4, $5)`,
      [mail.id, mail.to, mail.subject, mail.html, mail.text],
    );
    await this.database.pool.query(
      `delete from local_inbox.messages where position <= (select max(position) - $1 from local_inbox.messages)`,
      [KEPT],
    );
  }

  /** Newest first. */
  async list(filter: MailFilter, offset: number, limit: number): Promise<MailPage> {
    const { where, parameters } = conditions(filter);
    const counts = await this.database.pool.query<{ total: number; unread: number }>(
      `select count(*)::int as total, count(*) filter (where not read)::int as unread from local_inbox.messages ${where}`,
      parameters,
    );
    const rows = await this.database.pool.query<MailRow>(
      `select ${COLUMNS} from local_inbox.messages ${where} order by position desc offset ${offset} limit ${limit}`,
      parameters,
    );
    const { total = 0, unread = 0 } = counts.rows[0] ?? {};
    return { messages: rows.rows.map(toMail), total, unread };
  }

  /** The message, marked as read. `latest` is the newest one. */
  async open(id: string): Promise<StoredMail | undefined> {
    const which =
      id === 'latest' ? 'position = (select max(position) from local_inbox.messages)' : 'id::text = $1';
    const { rows } = await this.database.pool.query<MailRow>(
      `update local_inbox.messages set read = true where ${which} returning ${COLUMNS}`,
      id === 'latest' ? [] : [id],
    );
    return rows[0] && toMail(rows[0]);
  }

  async setRead(ids: string[], read: boolean): Promise<void> {
    const which = ids.length > 0 ? 'where id::text = any($2)' : '';
    await this.database.pool.query(
      `update local_inbox.messages set read = $1 ${which}`,
      ids.length > 0 ? [read, ids] : [read],
    );
  }

  /** All of them when no ids are given. */
  async delete(ids: string[]): Promise<void> {
    const which = ids.length > 0 ? 'where id::text = any($1)' : '';
    await this.database.pool.query(`delete from local_inbox.messages ${which}`, ids.length > 0 ? [ids] : []);
  }

  async deleteMatching(filter: MailFilter): Promise<void> {
    const { where, parameters } = conditions(filter);
    await this.database.pool.query(`delete from local_inbox.messages ${where}`, parameters);
  }
}

interface MailRow {
  id: string;
  to: string;
  subject: string;
  html: string;
  text: string;
  read: boolean;
  created_at: Date;
}

const COLUMNS = 'id, recipient as "to", subject, html, text, read, created_at';

function toMail({ created_at: createdAt, ...mail }: MailRow): StoredMail {
  return { ...mail, createdAt };
}

function conditions(filter: MailFilter): { where: string; parameters: unknown[] } {
  const parameters: unknown[] = [];
  const found: string[] = [];
  const contains = (expression: string, value: string | undefined): void => {
    if (value === undefined) return;
    parameters.push(value);
    found.push(`position(lower($${parameters.length}) in lower(${expression})) > 0`);
  };
  contains('recipient', filter.to);
  contains('subject', filter.subject);
  contains(`recipient || ' ' || subject || ' ' || text`, filter.text);
  if (filter.read !== undefined) found.push(filter.read ? 'read' : 'not read');
  return { where: found.length > 0 ? `where ${found.join(' and ')}` : '', parameters };
}

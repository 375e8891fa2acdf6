import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connect } from '../src/database/connect.ts';
import { Inbox } from '../src/inbox/inbox.ts';
import { startLocalPostgres, type LocalPostgres } from '../src/postgres/local.postgres.ts';

interface MessageList {
  total: number;
  unread: number;
  messages_count: number;
  messages: { ID: string; Subject: string; Read: boolean; To: { Address: string }[]; Snippet: string }[];
}

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(30_000);

describe('The inbox', () => {
  let postgres: LocalPostgres;
  let database: ReturnType<typeof connect>;
  let inbox: Inbox;
  let url: string;

  beforeAll(async () => {
    postgres = await startLocalPostgres({ dataDir: undefined, port: 0 });
    database = connect(postgres.url);
    inbox = new Inbox(database);
    url = `http://127.0.0.1:${await inbox.listen(0)}`;
  }, 60_000);
  afterAll(async () => {
    await inbox.close();
    await database.end();
    await postgres.close();
  });
  beforeEach(async () => {
    await fetch(`${url}/api/v1/messages`, { method: 'DELETE' });
    await inbox.send({
      to: 'ann@example.com',
      subject: 'Confirm',
      html: '<p>code 1</p><script>x()</script>',
      text: 'code 1',
    });
    await inbox.send({ to: 'Bob@example.com', subject: 'Reset', html: '<p>code 2</p>', text: 'code 2' });
  });

  async function get<T>(path: string): Promise<T> {
    const response = await fetch(url + path);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  }

  it('should list messages as Mailpit does, newest first', async () => {
    const list = await get<MessageList>('/api/v1/messages');
    expect(list).toMatchObject({ total: 2, unread: 2, messages_count: 2 });
    expect(list.messages.map(({ Subject, Snippet }) => [Subject, Snippet])).toEqual([
      ['Reset', 'code 2'],
      ['Confirm', 'code 1'],
    ]);
    expect((await get<MessageList>('/api/v1/messages?limit=1&start=1')).messages).toHaveLength(1);
  });

  it.each([
    ['to:ann@example.com', ['Confirm']],
    ['to:"bob@example.com"', ['Reset']],
    ['subject:conf', ['Confirm']],
    ['code', ['Reset', 'Confirm']],
    ['is:read', []],
  ])('should search by %s', async (query, subjects) => {
    const list = await get<MessageList>(`/api/v1/search?query=${encodeURIComponent(query)}`);
    expect(list.messages.map(({ Subject }) => Subject)).toEqual(subjects);
  });

  it('should show a message and then know it as read', async () => {
    const [newest] = (await get<MessageList>('/api/v1/messages')).messages;
    const shown = await get<{ HTML: string; Text: string }>(`/api/v1/message/${newest?.ID ?? ''}`);
    expect(shown).toMatchObject({ HTML: '<p>code 2</p>', Text: 'code 2' });
    expect((await get<MessageList>('/api/v1/messages')).unread).toBe(1);
    expect(await get('/api/v1/message/latest')).toMatchObject({ Subject: 'Reset' });
    expect((await fetch(`${url}/api/v1/message/none`)).status).toBe(404);
  });

  it('should delete some or all', async () => {
    const [newest] = (await get<MessageList>('/api/v1/messages')).messages;
    await fetch(`${url}/api/v1/messages`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ IDs: [newest?.ID] }),
    });
    expect((await get<MessageList>('/api/v1/messages')).total).toBe(1);
    await fetch(`${url}/api/v1/search?query=to:ann@example.com`, { method: 'DELETE' });
    expect((await get<MessageList>('/api/v1/messages')).total).toBe(0);
  });

  it('should answer suites that were written for Inbucket', async () => {
    const list = await get<{ id: string; subject: string }[]>('/api/v1/mailbox/bob');
    expect(list).toMatchObject([{ subject: 'Reset' }]);
    expect(await get(`/api/v1/mailbox/bob/${list[0]?.id ?? ''}`)).toMatchObject({ body: { text: 'code 2' } });
  });

  it('should give a mail no power over the page', async () => {
    const { messages } = await get<MessageList>('/api/v1/messages');
    const response = await fetch(`${url}/view/${messages[1]?.ID ?? ''}.html`);
    expect(response.headers.get('content-security-policy')).toMatch(
      /^sandbox allow-popups[^;]*; default-src 'none'/,
    );
    expect(response.headers.get('content-security-policy')).not.toContain('allow-scripts');
    const page = await fetch(url);
    expect(await page.text()).not.toMatch(/(src|href)="https?:/);
  });
});

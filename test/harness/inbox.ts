import { supabaseUnderTest } from './environment.js';

/** The mails to an address that the local Supabase has caught, newest first, as text. */
export async function mailsTo(address: string): Promise<string[]> {
  const { inboxUrl } = supabaseUnderTest();
  const read = async <T>(path: string): Promise<T> =>
    (await fetch(`${inboxUrl}${path}`)).json() as Promise<T>;
  const query = encodeURIComponent(`to:"${address}"`);
  const { messages } = await read<{ messages: { ID: string }[] }>(`/api/v1/search?query=${query}`);
  return Promise.all(
    messages.map(async ({ ID }) => (await read<{ Text: string }>(`/api/v1/message/${ID}`)).Text),
  );
}

/** The six digits in a mail. */
export function codeIn(mail: string | undefined): string {
  const code = /\b\d{6}\b/.exec(mail ?? '')?.[0];
  if (code === undefined) throw new Error(`There is no code in ${String(mail)}`);
  return code;
}

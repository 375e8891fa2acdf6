import { join } from 'node:path';
import { createClient, type SupanestClient } from '../client/create-client.ts';
import { NotSignedInError } from '../connection/connection.errors.ts';
import { sessionId, type LinkOptions } from '../connection/connection.ts';
import { backendOf, findSettings } from '../connection/settings.ts';
import { JsonCredentialsManager } from '../credentials/json.manager.ts';
import { subjectOf } from '../credentials/token-claims.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';

/** Who is signed in at which backend. */
export interface CurrentSession {
  client: SupanestClient;
  email: string;
  userId: string;
}

/** Where a shell looks things up, and remembers them: at home, so that the next shell finds them wherever it is. */
export function optionsOf({ cwd, home, environment }: Shell): LinkOptions {
  const credentials = new JsonCredentialsManager({ file: join(home, '.supanest', 'credentials.json') });
  return { cwd, home, environment, credentials, scope: 'home' };
}

/** @throws NotSignedInError; MissingSettingsError */
export async function currentSession(shell: Shell, given: GlobalOptions): Promise<CurrentSession> {
  const options = optionsOf(shell);
  const settings = await findSettings({ url: given.url, key: given.key }, options);
  const { url } = backendOf(settings);
  const id = sessionId(url, settings.email ?? '');
  const kept = await options.credentials?.get(id);
  const userId = kept ? subjectOf(kept.accessToken) : undefined;
  if (userId === undefined || !options.credentials) throw new NotSignedInError();
  const client = createClient({ url, credentials: options.credentials, id });
  return { client, email: settings.email ?? '', userId };
}

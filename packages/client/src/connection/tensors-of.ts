import { createClient } from '../client/create-client.ts';
import { Transport } from '../client/transport.ts';
import type { CredentialsManager } from '../credentials/credentials.types.ts';
import { SignedInSession } from '../credentials/signed-in-session.ts';
import { supabaseFetch } from '../tensors/supabase-fetch.ts';
import { supabaseFiles } from '../tensors/supabase-files.ts';
import { supanestFiles } from '../tensors/supanest-files.ts';
import { TensorStore } from '../tensors/tensor-store.ts';
import type { Backend } from './backend.types.ts';

/** The tensor store of somebody who is signed in, with the session that `credentials` remembers under `id`. */
export function tensorsOf(
  backend: Backend,
  userId: string,
  credentials: CredentialsManager,
  id: string,
): TensorStore {
  const { url, key } = backend;
  if (backend.kind === 'supanest') {
    return new TensorStore(supanestFiles(createClient({ url, credentials, id }), userId));
  }
  const session = new SignedInSession(credentials, id, (token) => backend.refresh(token));
  const transport = new Transport(session, supabaseFetch, {});
  return new TensorStore(supabaseFiles(url, key, transport, userId));
}

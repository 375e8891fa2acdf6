import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import fastify from 'fastify';
import { authPart } from '../../packages/local-supabase/src/auth/part.ts';
import type { ConfigTree } from '../../packages/local-supabase/src/context.ts';
import { connect } from '../../packages/local-supabase/src/database/connect.ts';
import { loadKeyRing } from '../../packages/local-supabase/src/keys/key.ring.ts';
import { supabaseUnderTest } from '../harness/environment.js';

/** The auth service of the local Supabase with other settings, over the same users. */
export interface StrictProject {
  /** For `startApi`. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/** @param auth `[auth]` of its `config.toml` */
export async function startStrictProject(auth: ConfigTree): Promise<StrictProject> {
  const { url, postgresUrl } = supabaseUnderTest();
  const config = { auth: { password_hash_cost: 4, ...auth } };
  const database = connect(postgresUrl);
  const mailer = { send: () => Promise.resolve() };
  const keys = await loadKeyRing(config, tmpdir());
  const part = authPart({ config, workdir: tmpdir(), url, keys, database, mailer });
  const app = fastify();
  await app.register(part.routes, { prefix: part.prefix });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    environment: {
      SUPABASE_URL: `http://127.0.0.1:${String(port)}`,
      SUPABASE_JWT_ISSUER: `${url}/auth/v1`,
    },
    close: async () => {
      await part.close?.();
      await app.close();
      await database.end();
    },
  };
}

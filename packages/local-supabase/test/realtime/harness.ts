import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { SignJWT, jwtVerify } from 'jose';
import { Client, Pool } from 'pg';
import type { Context, Part } from '../../src/context.ts';

const secret = new TextEncoder().encode('super-secret-jwt-token-with-at-least-32-characters-long');
const sign = (claims: Record<string, unknown>): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret);

const ROLES = `do $$
begin
  for i in 1..1 loop
    if not exists (select from pg_roles where rolname = 'anon') then create role anon; end if;
    if not exists (select from pg_roles where rolname = 'authenticated') then create role authenticated; end if;
    if not exists (select from pg_roles where rolname = 'service_role') then create role service_role bypassrls; end if;
  end loop;
exception when duplicate_object or unique_violation then null;
end $$;
create schema auth;
create function auth.uid() returns uuid language sql stable as
  $$ select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
grant usage on schema auth to public;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;`;

/** A part on its own: a server, a fresh database, keys. */
interface StartedPart {
  url: string;
  context: Context;
  pool: Pool;
  token: (claims: Record<string, unknown>) => Promise<string>;
  close: () => Promise<void>;
}

export async function startPart(
  make: (context: Context) => Part,
  options: { workdir?: string; config?: Context['config'] } = {},
): Promise<StartedPart> {
  const base = process.env.TEST_DATABASE_URL ?? 'postgresql://rt_super:rt@127.0.0.1:5432/postgres';
  const name = `rt_${randomUUID().replaceAll('-', '')}`;
  const admin = new Client({ connectionString: base });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  const pool = new Pool({ connectionString: url.href });
  await pool.query(ROLES);
  const exp = Math.floor(Date.now() / 1000) + 3600;
  const app: FastifyInstance = Fastify({
    serverFactory: (handler) => createServer(handler),
    forceCloseConnections: true,
  });
  await app.listen({ host: '127.0.0.1', port: 0 }).catch(() => undefined);
  const context: Context = {
    config: options.config ?? {},
    workdir: options.workdir ?? process.cwd(),
    url: '',
    database: {
      pool,
      url: url.href,
      async transaction(work) {
        const client = await pool.connect();
        try {
          await client.query('begin');
          const result = await work(client);
          await client.query('commit');
          return result;
        } catch (error) {
          await client.query('rollback');
          throw error;
        } finally {
          client.release();
        }
      },
    },
    keys: {
      jwtSecret: 'super-secret-jwt-token-with-at-least-32-characters-long',
      anonKey: await sign({ role: 'anon', exp }),
      serviceRoleKey: await sign({ role: 'service_role', exp }),
      publishableKey: 'sb_publishable_x',
      secretKey: 'sb_secret_x',
      sign,
      verify: async (token) => (await jwtVerify(token, secret)).payload,
      jwks: () => ({ keys: [] }),
    },
    mailer: { send: () => Promise.resolve() },
  };
  const part = make(context);
  await part.migrate?.();
  await app.close();
  const served = Fastify({ forceCloseConnections: true });
  await served.register(async (scope) => part.routes(scope), { prefix: part.prefix });
  served.server.on('upgrade', (request, socket, head) => part.upgrade?.(request, socket, head));
  await served.listen({ host: '127.0.0.1', port: 0 });
  const address = served.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}`,
    context,
    pool,
    token: (claims: Record<string, unknown>) => sign({ exp, ...claims }),
    async close() {
      await part.close?.();
      await served.close();
      await pool.end();
      await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
    },
  };
}

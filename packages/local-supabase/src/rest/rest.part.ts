import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'jose';
import type { JWTPayload } from 'jose';
import { section } from '../config/config.ts';
import type { Context, Part } from '../context.ts';
import { withQuietConsole } from './quiet.console.ts';
import { SchemaWatch } from './schema.watch.ts';
import { sendWebResponse, toWebRequest } from './web.bridge.ts';

/** What a request may do, found out before @supabase/lite sees it. */
type Verdict =
  { claims: JWTPayload } | { refusal: { code: string; message: string; details: null; hint: null } };

/** What of @supabase/lite's request context is used: setting these is how it takes a verdict from outside. */
interface LiteRequest {
  readonly req: { readonly raw: Request };
  set(name: 'apiKeyType' | 'ignoreAuthorization' | 'jwt' | 'userId', value: unknown): void;
}

interface RestServer {
  fetch(request: Request): Promise<Response>;
  reload(): Promise<void>;
  close(): Promise<void>;
}

/** `/rest/v1`: @supabase/lite's PostgREST over our Postgres, with tokens verified by our keys. */
export function restPart(context: Context): Part {
  const claimsOf = new WeakMap<Request, JWTPayload>();
  let server: Promise<RestServer> | undefined;
  const watch = new SchemaWatch(context.database.url, async () => (await server)?.reload());
  // Loaded at the first request: it takes longer to load than all the rest takes to start.
  const start = (): Promise<RestServer> =>
    (server ??= createRestServer(context, claimsOf).then(async (created) => {
      await watch.start();
      return created;
    }));
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const verdict = await judge(context, request.headers.authorization);
    if ('refusal' in verdict)
      return reply.code(401).header('www-authenticate', 'Bearer').send(verdict.refusal);
    const webRequest = toWebRequest(request, context.url);
    claimsOf.set(webRequest, verdict.claims);
    return sendWebResponse(reply, await (await start()).fetch(webRequest));
  };
  return {
    prefix: '/rest/v1',
    routes: async (app: FastifyInstance) => {
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
      app.all('/', handle);
      app.all('/*', handle);
      await Promise.resolve();
    },
    close: async () => {
      await watch.close();
      await (await server)?.close();
    },
  };
}

async function createRestServer(
  context: Context,
  claimsOf: WeakMap<Request, JWTPayload>,
): Promise<RestServer> {
  const [{ App }, { RestConnection }] = await Promise.all([
    import('@supabase/lite'),
    import('./rest.connection.ts'),
  ]);
  const { schemas, max_rows: maxRows } = section(context.config, 'api') as {
    schemas: string[];
    max_rows: number;
  };
  const connection = new RestConnection({
    url: context.database.url,
    postgresOptions: { max: 10, onnotice: () => undefined, connection: { application_name: 'rest' } },
  });
  const app = new App({
    connection,
    api: { schemas, max_rows: maxRows },
    auth: { enabled: false },
    storage: { enabled: false },
    studio: { enabled: false },
    options: {
      server: {
        apiKeys: false,
        disableStudio: true,
        middlewares: [
          async (request: LiteRequest, next: () => Promise<void>) => {
            const claims = claimsOf.get(request.req.raw) ?? {};
            request.set('apiKeyType', 'publishable');
            request.set('ignoreAuthorization', true);
            request.set('jwt', claims);
            if (typeof claims.sub === 'string') request.set('userId', claims.sub);
            await next();
          },
        ],
      },
    },
  } as unknown as ConstructorParameters<typeof App>[0]);
  return {
    fetch: (request) => withQuietConsole(() => app.fetch(request)),
    reload: () => connection.clearSchemaCache(),
    close: () => connection.close(),
  };
}

/** The words and codes are PostgREST's. */
async function judge(context: Context, authorization: string | undefined): Promise<Verdict> {
  const token = /^bearer\s+(.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return { claims: { role: 'anon' } };
  const refuse = (code: string, message: string): Verdict => ({
    refusal: { code, message, details: null, hint: null },
  });
  try {
    const claims = await context.keys.verify(token);
    return { claims: typeof claims.role === 'string' ? claims : { ...claims, role: 'anon' } };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return refuse('PGRST303', 'JWT expired');
    const parts = token.split('.').length;
    if (parts !== 3) return refuse('PGRST301', `Expected 3 parts in JWT; got ${parts}`);
    return refuse('PGRST301', 'No suitable key or wrong key type');
  }
}

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context, Part } from '../context.ts';
import { answerPreflight } from '../gateway/cors.ts';
import { RUNTIME_ANSWERS } from './errors.ts';
import type { RuntimeAnswer } from './errors.ts';
import { findFunction } from './function.catalog.ts';
import type { FunctionDefinition } from './function.catalog.ts';
import { answerAs, fate, proxy } from './function.proxy.ts';
import { FunctionRunner } from './function.runner.ts';
import type { FunctionLog } from './function.worker.ts';
import { FUNCTION_LIMITS } from './limits.ts';
import type { FunctionLimits } from './limits.ts';
import { refuseToken } from './token.check.ts';
import { proxyUpgrade, refuseUpgrade, WorkerGone } from './upgrade.proxy.ts';

const PREFIX = '/functions/v1';

type Admission =
  | { readonly definition: FunctionDefinition; readonly refusal?: undefined }
  | { readonly definition?: undefined; readonly refusal: RuntimeAnswer };

const pathBelow = ({ url = '/' }: IncomingMessage): string => url.slice(PREFIX.length);

/**
 * `/functions/v1/<name>`: Edge Functions of `supabase/functions`, each in a process of its own.
 * @param limits other than Supabase's, for tests
 * @param log for each function where its output goes
 */
export function functionsPart(
  context: Context,
  limits: Partial<FunctionLimits> = {},
  log: (name: string) => FunctionLog = print,
): Part {
  const allowed = { ...FUNCTION_LIMITS, ...limits };
  const runner = new FunctionRunner(context, allowed, log);

  /** The function a path names, if this caller may call it. */
  const admit = async (
    path: string,
    method: string,
    authorization: string | undefined,
  ): Promise<Admission> => {
    const definition = await findFunction(context, /^\/([^/?#]*)/.exec(path)?.[1] ?? '');
    if (!definition) return { refusal: RUNTIME_ANSWERS.notFound };
    const needsToken = definition.verifyJwt && method !== 'OPTIONS';
    const refusal = needsToken ? await refuseToken(authorization, context.keys) : undefined;
    return refusal ? { refusal } : { definition };
  };

  const call = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = pathBelow(request.raw);
    const { definition, refusal } = await admit(path, request.method, request.headers.authorization);
    // From here on the answer is the function's own, byte by byte.
    reply.hijack();
    if (refusal) {
      answerAs(reply.raw, refusal);
      return;
    }
    const { worker, end } = await runner.use(definition);
    try {
      await worker.ready;
      await proxy(worker, path, request.raw, reply.raw, allowed);
    } catch {
      answerAs(reply.raw, RUNTIME_ANSWERS.bootFailed);
    } finally {
      end();
    }
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    const path = pathBelow(request);
    const { definition, refusal } = await admit(path, 'GET', request.headers.authorization);
    if (refusal) {
      refuseUpgrade(socket, refusal);
      return;
    }
    // A worker that is about to end may still be the known one; the next one then takes the connection.
    for (let tries = 0; tries < 2; tries += 1) {
      const { worker, end } = await runner.use(definition);
      try {
        await worker.ready;
        await proxyUpgrade(worker, path, request, socket, head, allowed);
        return;
      } catch (error) {
        if (!(error instanceof WorkerGone)) {
          refuseUpgrade(socket, RUNTIME_ANSWERS.bootFailed);
          return;
        }
        await fate(worker);
      } finally {
        end();
      }
    }
    refuseUpgrade(socket, RUNTIME_ANSWERS.workerDied);
  };

  return {
    prefix: PREFIX,
    // Each function says for itself whether it wants a token.
    isOpen: () => true,
    routes(app: FastifyInstance) {
      app.addHook('onRequest', answerPreflight);
      // Bodies are not read here, whatever they are: they flow to the function.
      app.removeAllContentTypeParsers();
      app.addContentTypeParser('*', (_request, _body, done) => done(null));
      app.route({
        method: app.supportedMethods,
        url: '/*',
        handler: call,
        exposeHeadRoute: false,
        config: { cors: false },
      });
      return Promise.resolve();
    },
    upgrade(request, socket, head) {
      // Until the worker has the connection nobody else listens for a caller who goes away.
      socket.on('error', () => socket.destroy());
      upgrade(request, socket, head).catch(() => socket.destroy());
    },
    close: () => runner.close(),
  };
}

/** What functions print goes where the server prints, each line with the function's name. */
const print =
  (name: string): FunctionLog =>
  (stream, line) => {
    for (const text of line.split('\n')) process[stream].write(`[${name}] ${text}\n`);
  };

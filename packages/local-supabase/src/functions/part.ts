import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Context, Part } from '../context.ts';
import { RUNTIME_ANSWERS } from './errors.ts';
import { findFunction } from './function.catalog.ts';
import { answerAs, proxy } from './function.proxy.ts';
import { FunctionRunner } from './function.runner.ts';
import type { FunctionLog } from './function.worker.ts';
import { FUNCTION_LIMITS } from './limits.ts';
import type { FunctionLimits } from './limits.ts';
import { refuseToken } from './token.check.ts';

const PREFIX = '/functions/v1';

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

  const call = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const path = request.raw.url?.slice(PREFIX.length) ?? '/';
    const name = /^\/([^/?#]*)/.exec(path)?.[1] ?? '';
    const definition = await findFunction(context, name);
    // From here on the answer is the function's own, byte by byte.
    reply.hijack();
    if (!definition) {
      answerAs(reply.raw, RUNTIME_ANSWERS.notFound);
      return;
    }
    if (definition.verifyJwt && request.method !== 'OPTIONS') {
      const refusal = await refuseToken(request.headers.authorization, context.keys);
      if (refusal) {
        answerAs(reply.raw, refusal);
        return;
      }
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

  return {
    prefix: PREFIX,
    // Each function says for itself whether it wants a token, and answers browsers' preflight requests itself.
    isOpen: () => true,
    routes(app: FastifyInstance) {
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
    close: () => runner.close(),
  };
}

/** What functions print goes where the server prints, each line with the function's name. */
const print =
  (name: string): FunctionLog =>
  (stream, line) => {
    for (const text of line.split('\n')) process[stream].write(`[${name}] ${text}\n`);
  };

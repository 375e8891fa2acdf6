import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ExternalState } from '../../external/external-state.ts';
import type { FlowRequest } from '../../external/external-flow.service.ts';
import { errorParameters, withError, withQuery } from '../../external/flow-redirect.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge } from '../../tokens/pkce.ts';
import { queryOf } from '../request-reader.ts';

/** What is said to us, not to the provider. */
const FOR_US = [
  'provider',
  'scopes',
  'code_challenge',
  'code_challenge_method',
  'skip_http_redirect',
  'apikey',
];

/** GET /authorize and /user/identities/authorize: off to a provider. GET and POST /callback: back from it. */
export function externalRoutes(app: FastifyInstance, services: AuthServices): void {
  const { config, externalFlow, requests, unlinking } = services;

  app.get('/authorize', { exposeHeadRoute: false }, async (request, reply) =>
    reply.redirect(await externalFlow.begin(readFlow(queryOf(request), ''), requests.info(request)), 302),
  );

  app.get('/user/identities/authorize', { exposeHeadRoute: false }, async (request, reply) => {
    const { user, claims } = await requests.user(request);
    unlinking.checkEnabled();
    const query = queryOf(request);
    const url = await externalFlow.begin(readFlow(query, user.id), requests.info(request, claims));
    return query.get('skip_http_redirect') === 'true' ? { url } : reply.redirect(url, 302);
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/callback',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const callback = callbackOf(request);
      const state = await externalFlow.stateOf(callback.get('state') ?? '').catch((error: unknown) => error);
      if (!isState(state)) return reply.redirect(withQuery(config.siteUrl, errorParameters(state)), 303);
      const target = state.referrer || config.siteUrl;
      try {
        return await reply.redirect(await externalFlow.finish(state, callback, requests.info(request)), 302);
      } catch (error) {
        request.log.info({ err: error }, 'auth: a sign-in with a provider failed');
        return reply.redirect(withError(target, error), 302);
      }
    },
  });
}

function isState(value: unknown): value is ExternalState {
  return typeof value === 'object' && value !== null && 'isPkce' in value;
}

/** Providers answer by the query, or by a form (`response_mode=form_post`). */
function callbackOf(request: FastifyRequest): URLSearchParams {
  if (request.method === 'GET') return queryOf(request);
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  for (const [name, value] of queryOf(request)) if (!form.has(name)) form.set(name, value);
  return form;
}

function readFlow(query: URLSearchParams, linkingTargetId: string): FlowRequest {
  const text = (name: string): string => query.get(name) ?? '';
  const parameters = new URLSearchParams(query);
  for (const name of FOR_US) parameters.delete(name);
  // WorkOS calls its own choice `provider`, a name that is taken here.
  const workos = parameters.get('workos_provider');
  parameters.delete('workos_provider');
  if (workos !== null) parameters.set('provider', workos);
  return {
    provider: text('provider'),
    scopes: text('scopes'),
    inviteToken: text('invite_token'),
    challenge: readChallenge(text('code_challenge'), text('code_challenge_method')),
    parameters,
    linkingTargetId,
  };
}

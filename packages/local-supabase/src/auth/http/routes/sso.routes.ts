import type { FastifyInstance } from 'fastify';
import { errorParameters, withQuery } from '../../external/flow-redirect.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge } from '../../tokens/pkce.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';
import { isUuid } from '../uuid.ts';
import { refuse } from '../../errors/catalogue.ts';

/** POST /sso, and SAML's own: GET /sso/saml/metadata and POST /sso/saml/acs. */
export function ssoRoutes(app: FastifyInstance, services: AuthServices): void {
  const { config, limits, requests, saml, ssoFlow } = services;

  app.post('/sso', async (request, reply) => {
    limits.check('sso', request);
    saml.checkEnabled();
    const body = Body.of(request);
    const providerId = body.string('provider_id');
    if (providerId !== '' && !isUuid(providerId)) throw refuse.badJson('"provider_id" must be a UUID');
    const url = await ssoFlow.begin({
      providerId,
      domain: body.string('domain'),
      redirectTo: body.string('redirect_to'),
      challenge: readChallenge(body.string('code_challenge'), body.string('code_challenge_method')),
    });
    return body.boolean('skip_http_redirect') ? { url } : reply.redirect(url, 303);
  });

  app.get('/sso/saml/metadata', async (request, reply) => {
    saml.checkEnabled();
    reply.type('application/xml').header('Cache-Control', 'public, max-age=600');
    if (queryOf(request).get('download') === 'true') {
      reply.header('Content-Disposition', 'attachment; filename="metadata.xml"');
    }
    return saml.metadata();
  });

  app.post('/sso/saml/acs', async (request, reply) => {
    saml.checkEnabled();
    const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
    const answer = { response: form.get('SAMLResponse') ?? '', relayState: form.get('RelayState') ?? '' };
    const allowed = (url: string): string => requests.info(request, {}, url).redirectTo;
    try {
      return await reply.redirect(await ssoFlow.finish(answer, requests.info(request), allowed), 302);
    } catch (error) {
      request.log.info({ err: error }, 'auth: a single sign-on failed');
      return reply.redirect(withQuery(config.siteUrl, errorParameters(error)), 303);
    }
  });
}

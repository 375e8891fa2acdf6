import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import { readOAuthClient } from '../../oauth-clients/oauth-client.input.ts';
import { scopedClaims, scopesIn } from '../../oauth-server/scopes.ts';
import type { AuthServices } from '../../services.ts';
import { findSessionScopes } from '../../sessions/sessions.repository.ts';
import { Body } from '../body.ts';
import { clientCredentials, readForm } from '../oauth-form.ts';
import { queryOf } from '../request-reader.ts';

interface ById {
  Params: { id: string };
}

/** What applications need to sign users in with this project, where it has `[auth.oauth_server]` enabled. */
export function oauthServerRoutes(app: FastifyInstance, services: AuthServices): void {
  const { authorizations, config, database, grants, oauthClients, oauthTokens, requests } = services;
  if (!config.oauthServer.enabled) return;

  app.get('/oauth/authorize', async (request, reply) =>
    reply.redirect(await authorizations.begin(queryOf(request)), 302),
  );

  app.get<ById>('/oauth/authorizations/:id', async (request) => {
    checkOrigin(request);
    const { user } = await requests.user(request);
    return authorizations.show(user, request.params.id);
  });

  app.post<ById>('/oauth/authorizations/:id/consent', async (request) => {
    checkOrigin(request);
    const { user } = await requests.user(request);
    const action = Body.of(request).string('action');
    if (action !== 'approve' && action !== 'deny') {
      throw refuse.validation("action must be 'approve' or 'deny'");
    }
    return authorizations.decide(user, request.params.id, action);
  });

  app.post('/oauth/token', async (request, reply) => {
    reply.header('Cache-Control', 'no-store');
    const form = readForm(request);
    const grant = form('grant_type');
    if (grant === '') throw new OAuthError('invalid_request', 'grant_type is required');
    const client = await oauthTokens.authenticate(clientCredentials(request, form));
    if (!client.grant_types.split(',').includes(grant)) {
      throw new OAuthError('unsupported_grant_type', `Client is not allowed to use grant type: ${grant}`);
    }
    const info = requests.info(request);
    if (grant === 'refresh_token') return oauthTokens.refresh(client, required(form, 'refresh_token'), info);
    const exchange = {
      code: required(form, 'code'),
      codeVerifier: form('code_verifier'),
      redirectUri: form('redirect_uri'),
      resource: form('resource'),
    };
    return oauthTokens.exchange(client, exchange, info);
  });

  app.route({
    method: ['GET', 'POST'],
    url: '/oauth/userinfo',
    handler: async (request) => {
      const { session, user } = await requests.user(request);
      const scopes = session && (await findSessionScopes(database.pool, session.id));
      return { sub: user.id, ...scopedClaims(user, scopesIn(scopes ?? '')) };
    },
  });

  app.post('/oauth/clients/register', async (request, reply) => {
    if (!config.oauthServer.dynamicRegistration) {
      throw new AuthError(
        403,
        'oauth_dynamic_client_registration_disabled',
        'Dynamic client registration is not enabled',
      );
    }
    const client = await oauthClients.create(readOAuthClient(Body.of(request)), 'dynamic');
    return reply.code(201).send(client);
  });

  app.get('/user/oauth/grants', async (request) => grants.list((await requests.user(request)).user.id));

  app.delete('/user/oauth/grants', async (request, reply) => {
    const { user, claims } = await requests.user(request);
    const clientId = queryOf(request).get('client_id') ?? '';
    await grants.revoke(user, clientId, requests.info(request, claims));
    return reply.code(204).send();
  });

  /** Pages of other sites have no business with what a user is asked. */
  function checkOrigin(request: FastifyRequest): void {
    const { origin } = request.headers;
    if (origin !== undefined && !requests.isAllowed(origin)) {
      throw refuse.validation('unauthorized request origin');
    }
  }
}

function required(form: (name: string) => string, name: string): string {
  const value = form(name);
  if (value !== '') return value;
  throw new OAuthError('invalid_request', `${name} is required for ${form('grant_type')} grant`);
}

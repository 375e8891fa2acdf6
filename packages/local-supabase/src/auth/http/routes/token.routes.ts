import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import { OAuthError } from '../../errors/oauth-error.ts';
import { checkIdTokenRequest, type IdTokenRequest } from '../../external/id-token-grant.service.ts';
import type { AuthServices } from '../../services.ts';
import type { TokenResponse } from '../../sessions/session-issuer.ts';
import { sendsAuthorization } from '../bearer.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

type Grant = (request: FastifyRequest) => Promise<TokenResponse>;

/** POST /token?grant_type=…, and POST /logout. */
export function tokenRoutes(app: FastifyInstance, services: AuthServices): void {
  const { idTokenGrant, limits, logout, passwordGrant, pkceGrant, refreshGrant, requests, web3Grant } =
    services;
  const grants: Readonly<Record<string, Grant>> = {
    password: (request) => {
      const body = Body.of(request);
      const credentials = {
        email: body.string('email'),
        phone: body.string('phone'),
        password: body.string('password'),
      };
      return passwordGrant.signIn(credentials, requests.info(request));
    },
    refresh_token: (request) =>
      refreshGrant.refresh(Body.of(request).string('refresh_token'), requests.info(request)),
    pkce: (request) => {
      const body = Body.of(request);
      return pkceGrant.exchange(
        body.string('auth_code'),
        body.string('code_verifier'),
        requests.info(request),
      );
    },
    id_token: async (request) => {
      const body = Body.of(request);
      const asked = readIdToken(body);
      checkIdTokenRequest(asked);
      if (!body.boolean('link_identity')) return idTokenGrant.signIn(asked, requests.info(request));
      if (!sendsAuthorization(request)) {
        const message = 'Linking requires a valid user access token in Authorization';
        throw new OAuthError('invalid request', message);
      }
      const { user, claims } = await requests.user(request);
      return idTokenGrant.link(asked, user.id, requests.info(request, claims));
    },
    web3: (request) => {
      web3Grant.checkEnabled();
      const body = Body.of(request);
      const signed = {
        chain: body.string('chain'),
        message: body.string('message'),
        signature: body.string('signature'),
      };
      return web3Grant.signIn(signed, (url) => requests.isAllowed(url), requests.info(request));
    },
  };

  app.post('/token', async (request, reply) => {
    const name = queryOf(request).get('grant_type') ?? '';
    const grant = Object.hasOwn(grants, name) ? grants[name] : undefined;
    if (grant === undefined) throw refuse.unsupportedGrant();
    limits.check(name === 'web3' ? 'web3' : 'token', request);
    const response = await grant(request);
    reply.header('Cache-Control', 'no-store');
    return response;
  });

  app.post('/logout', async (request, reply) => {
    const principal = await requests.user(request);
    const scope = queryOf(request).get('scope') ?? '';
    await logout.logout(principal, scope || 'global', requests.info(request, principal.claims));
    return reply.code(204).send();
  });
}

function readIdToken(body: Body): IdTokenRequest {
  return {
    idToken: body.string('id_token'),
    accessToken: body.string('access_token'),
    nonce: body.string('nonce'),
    provider: body.string('provider'),
    clientId: body.string('client_id'),
    issuer: body.string('issuer'),
  };
}

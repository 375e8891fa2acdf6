import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import Provider from 'oidc-provider';

/** Somebody with an account at the provider. */
export interface Account {
  sub: string;
  email?: string;
  email_verified?: boolean;
  name?: string;
  picture?: string;
  /** The ID token says only who it is; all else is to be asked for. */
  terse?: boolean;
}

/** A real OpenID Connect provider on loopback, which asks nobody for a password. */
export interface OidcServer {
  /** Its issuer. */
  url: string;
  /** Who is in front of the browser; undefined refuses to sign in. */
  visitor: Account | undefined;
  /** Opens `url` as a browser does, and answers where it is sent once it leaves the provider. */
  browse: (url: string) => Promise<URL>;
  /** An ID token as the provider signs them. */
  idToken: (claims: JWTPayload) => Promise<string>;
  close: () => Promise<void>;
}

export const CLIENT = { id: 'app', secret: 'a secret of the application' };

/** Starts the provider, on a free port unless one is given; browsers are sent back to `redirectUri`. Its paths are Keycloak's. */
export async function startOidcServer(redirectUri: string, port = 0): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const accounts = new Map<string, Account>();
  const key = await exportJWK(privateKey);
  // It warns of keeping nothing, which is what tests want.
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
  const provider = createProvider(url, redirectUri, accounts, key);
  warn.mockRestore();
  const oidc: OidcServer = {
    url,
    visitor: undefined,
    browse: (start) => browse(start, url),
    idToken: (claims) => sign(privateKey, url, claims),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  const handle = provider.callback();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!request.url?.startsWith('/interaction/')) return void handle(request, response);
    if (oidc.visitor) accounts.set(oidc.visitor.sub, oidc.visitor);
    const answer = oidc.visitor
      ? { login: { accountId: oidc.visitor.sub }, consent: {} }
      : { error: 'access_denied', error_description: 'The user said no' };
    return void provider.interactionFinished(request, response, answer);
  });
  return oidc;
}

function createProvider(
  issuer: string,
  redirectUri: string,
  accounts: Map<string, Account>,
  key: object,
): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [redirectUri],
      },
    ],
    jwks: { keys: [{ ...key, kid: 'oidc', alg: 'RS256', use: 'sig' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'] },
    scopes: ['openid', 'offline_access', 'email', 'profile'],
    conformIdTokenClaims: false,
    pkce: { required: () => false },
    cookies: { keys: ['tests'] },
    ttl: { Interaction: 60, Grant: 60, Session: 60, AccessToken: 60, IdToken: 60, RefreshToken: 60 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    routes: {
      authorization: '/protocol/openid-connect/auth',
      token: '/protocol/openid-connect/token',
      userinfo: '/protocol/openid-connect/userinfo',
      jwks: '/protocol/openid-connect/certs',
    },
    findAccount: (_context, sub) => {
      const account = accounts.get(sub);
      if (account === undefined) return undefined;
      const { terse, ...claims } = account;
      return {
        accountId: sub,
        claims: (use) => (terse && use === 'id_token' ? { sub } : { ...claims }),
      };
    },
    // Nobody is asked what the application may see.
    loadExistingGrant: async (context) => {
      const { client, session } = context.oidc;
      const grant = new context.oidc.provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email profile offline_access');
      await grant.save();
      return grant;
    },
  });
}

async function browse(start: string, provider: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  for (let step = 0; step < 10; step += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null)
      throw new Error(`${url.href} answered ${response.status}: ${await response.text()}`);
    url = new URL(location, url);
    if (url.origin !== provider) return url;
  }
  throw new Error('The provider sends in circles.');
}

function sign(key: CryptoKey, issuer: string, claims: JWTPayload): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iss: issuer, aud: CLIENT.id, iat: now, exp: now + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'oidc' })
    .sign(key);
}

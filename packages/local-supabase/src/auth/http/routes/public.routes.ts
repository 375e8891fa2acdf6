import type { FastifyInstance } from 'fastify';
import { PROVIDERS } from '../../config/providers.ts';
import type { AuthServices } from '../../services.ts';

/** What everybody may ask: is it there, what does it offer, and with which keys does it sign. */
export function publicRoutes(app: FastifyInstance, services: AuthServices): void {
  const { config, keys } = services;
  app.get('/health', () => ({
    version: 'v2.197.0',
    name: 'GoTrue',
    description: 'GoTrue is a user registration and authentication API',
  }));

  app.get('/settings', () => ({
    external: {
      anonymous_users: config.enableAnonymousSignIns,
      ...Object.fromEntries(PROVIDERS.map((name) => [name, config.providers.has(name)])),
      email: config.email.enabled,
      phone: config.phone.enabled,
    },
    disable_signup: !config.enableSignup,
    mailer_autoconfirm: config.email.autoconfirm,
    phone_autoconfirm: config.phone.autoconfirm,
    sms_provider: '',
    saml_enabled: config.saml.enabled,
    saml_private_key_next_configured: false,
    passkeys_enabled: config.passkeys.enabled,
  }));

  app.get('/.well-known/jwks.json', (_, reply) => {
    reply.header('Cache-Control', 'public, max-age=600');
    return keys.jwks();
  });

  const registration = config.oauthServer.dynamicRegistration && {
    registration_endpoint: `${config.issuer}/oauth/clients/register`,
  };
  const metadata = () => ({ ...metadataOf(config.issuer), ...registration });
  app.get('/.well-known/openid-configuration', metadata);
  if (config.oauthServer.enabled) app.get('/.well-known/oauth-authorization-server', metadata);
}

/** What applications are told of this project, by RFC 8414 and OpenID Connect Discovery. */
function metadataOf(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    userinfo_endpoint: `${issuer}/oauth/userinfo`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    scopes_supported: ['openid', 'profile', 'email', 'phone'],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256', 'HS256', 'ES256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    claims_supported: [
      'sub',
      'aud',
      'iss',
      'exp',
      'iat',
      'auth_time',
      'nonce',
      'email',
      'email_verified',
      'phone_number',
      'phone_number_verified',
      'name',
      'picture',
      'preferred_username',
      'updated_at',
    ],
    code_challenge_methods_supported: ['S256', 'plain'],
  };
}

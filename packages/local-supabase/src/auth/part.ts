import type { FastifyInstance } from 'fastify';
import type { Context, Part } from '../context.ts';
import { BODY_LIMIT, replyWithError } from './errors/error-reply.ts';
import { captchaGuard } from './http/captcha.guard.ts';
import { answerUnknownRoutes } from './http/unknown-routes.ts';
import { adminFactorRoutes } from './http/routes/admin-factor.routes.ts';
import { factorRoutes } from './http/routes/factor.routes.ts';
import { adminLinkRoutes } from './http/routes/admin-link.routes.ts';
import { adminUserRoutes } from './http/routes/admin-user.routes.ts';
import { externalRoutes } from './http/routes/external.routes.ts';
import { identityRoutes } from './http/routes/identity.routes.ts';
import { mailRequestRoutes } from './http/routes/mail-request.routes.ts';
import { oauthClientRoutes } from './http/routes/oauth-client.routes.ts';
import { customProviderRoutes } from './http/routes/custom-provider.routes.ts';
import { oauthDisabledRoutes } from './http/routes/oauth-disabled.routes.ts';
import { oauthServerRoutes } from './http/routes/oauth-server.routes.ts';
import { adminSsoRoutes } from './http/routes/admin-sso.routes.ts';
import { ssoRoutes } from './http/routes/sso.routes.ts';
import { passkeyRoutes } from './http/routes/passkey.routes.ts';
import { recoveryCodeRoutes } from './http/routes/recovery-code.routes.ts';
import { publicRoutes } from './http/routes/public.routes.ts';
import { signupRoutes } from './http/routes/signup.routes.ts';
import { tokenRoutes } from './http/routes/token.routes.ts';
import { userRoutes } from './http/routes/user.routes.ts';
import { verifyRoutes } from './http/routes/verify.routes.ts';
import { createAuthServices } from './services.ts';

const ROUTES = [
  publicRoutes,
  signupRoutes,
  tokenRoutes,
  userRoutes,
  mailRequestRoutes,
  verifyRoutes,
  adminUserRoutes,
  adminLinkRoutes,
  factorRoutes,
  recoveryCodeRoutes,
  identityRoutes,
  externalRoutes,
  adminFactorRoutes,
  oauthClientRoutes,
  customProviderRoutes,
  oauthServerRoutes,
  oauthDisabledRoutes,
  ssoRoutes,
  adminSsoRoutes,
  passkeyRoutes,
];

/** `/auth/v1`: sign-up, sign-in, sessions, users and their administration, as GoTrue serves them. */
export function authPart(context: Context): Part {
  const services = createAuthServices(context);
  return {
    prefix: '/auth/v1',
    close: () => {
      services.cleanup.stop();
      return Promise.resolve();
    },
    routes: async (app) => {
      services.cleanup.start();
      // In a scope of its own: how bodies are read and errors written here is nobody else's business.
      await app.register((scope, _options, done) => {
        prepare(scope);
        answerUnknownRoutes(scope);
        captchaGuard(scope, services);
        for (const addRoutes of ROUTES) addRoutes(scope, services);
        done();
      });
    },
  };
}

function prepare(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_, body, done) => {
    done(null, body);
  });
  scope.setErrorHandler(replyWithError);
}

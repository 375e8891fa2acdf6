import type { FastifyInstance } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import type { AuthServices } from '../../services.ts';

const PATHS = ['/oauth/*', '/admin/oauth/*', '/user/oauth/grants', '/.well-known/oauth-authorization-server'];

/** The paths of applications where `[auth.oauth_server]` is off: refused by name, so that clients can tell why. */
export function oauthDisabledRoutes(app: FastifyInstance, { config }: AuthServices): void {
  if (config.oauthServer.enabled) return;
  for (const path of PATHS) {
    app.all(path, () => {
      throw new AuthError(404, 'feature_disabled', 'OAuth server is disabled');
    });
  }
}

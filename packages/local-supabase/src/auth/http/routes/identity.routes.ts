import type { FastifyInstance } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import type { AuthServices } from '../../services.ts';
import { isUuid } from '../uuid.ts';

/** DELETE /user/identities/:id. */
export function identityRoutes(app: FastifyInstance, services: AuthServices): void {
  const { requests, unlinking } = services;

  app.delete<{ Params: { id: string } }>('/user/identities/:id', async (request) => {
    const principal = await requests.user(request);
    unlinking.checkEnabled();
    const { id } = request.params;
    if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'identity_id must be an UUID');
    await unlinking.unlink(principal, id.toLowerCase(), requests.info(request, principal.claims));
    return {};
  });
}

import type { FastifyInstance } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { queryOf } from '../request-reader.ts';
import { isUuid } from '../uuid.ts';

/** Ways of signing in besides address and phone: none of the external ones can be enabled here. */
export function identityRoutes(app: FastifyInstance, services: AuthServices): void {
  const { requests, unlinking } = services;

  app.get('/authorize', (request) => {
    throw refuse.providerNotEnabled(queryOf(request).get('provider') ?? '');
  });

  app.post('/sso', () => {
    throw refuse.samlDisabled();
  });

  app.get('/user/identities/authorize', async (request) => {
    await requests.user(request);
    unlinking.checkEnabled();
    throw refuse.providerNotEnabled(queryOf(request).get('provider') ?? '');
  });

  app.delete<{ Params: { id: string } }>('/user/identities/:id', async (request) => {
    const principal = await requests.user(request);
    unlinking.checkEnabled();
    const { id } = request.params;
    if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'identity_id must be an UUID');
    await unlinking.unlink(principal, id.toLowerCase(), requests.info(request, principal.claims));
    return {};
  });
}

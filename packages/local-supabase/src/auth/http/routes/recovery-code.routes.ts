import type { FastifyInstance } from 'fastify';
import type { AuthServices } from '../../services.ts';
import { Body } from '../body.ts';
import { requirePermanentUser } from './factor.routes.ts';

const PATH = '/factors/recovery-codes';

/** /factors/recovery-codes: what helps the signed-in user when his other second factor is lost. */
export function recoveryCodeRoutes(app: FastifyInstance, services: AuthServices): void {
  const { limits, recoveryCodes, recoveryCodeChecks, requests } = services;

  app.get(PATH, async (request) => recoveryCodes.status(await requirePermanentUser(services, request)));

  app.post(PATH, async (request) => {
    const principal = await requirePermanentUser(services, request);
    const name = Body.optional(request).string('friendly_name');
    return recoveryCodes.generate(principal, name, requests.info(request, principal.claims));
  });

  app.post(`${PATH}/regenerate`, async (request) => {
    const principal = await requirePermanentUser(services, request);
    return recoveryCodes.regenerate(principal, requests.info(request, principal.claims));
  });

  app.post(`${PATH}/verify`, async (request) => {
    const principal = await requirePermanentUser(services, request);
    limits.check('factor', request);
    const code = Body.of(request).string('code');
    return recoveryCodeChecks.verify(principal, code, requests.info(request, principal.claims));
  });

  app.delete(PATH, async (request) => {
    const principal = await requirePermanentUser(services, request);
    return recoveryCodes.remove(principal, requests.info(request, principal.claims));
  });
}

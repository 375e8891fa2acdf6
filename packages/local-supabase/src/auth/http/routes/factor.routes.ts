import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import type { Principal } from '../authenticate.ts';
import { Body } from '../body.ts';
import { isUuid } from '../uuid.ts';

interface ById {
  Params: { id: string };
}

/** /factors: the signed-in user's second factors. */
export function factorRoutes(app: FastifyInstance, services: AuthServices): void {
  const { challenges, enrollment, limits, requests } = services;
  const permanentUser = (request: FastifyRequest): Promise<Principal> =>
    requirePermanentUser(services, request);

  app.post('/factors', async (request) => {
    const principal = await permanentUser(request);
    const body = Body.of(request);
    const asked = {
      factorType: body.string('factor_type'),
      friendlyName: body.string('friendly_name'),
      issuer: body.string('issuer'),
      phone: body.string('phone'),
    };
    return enrollment.enroll(principal, asked, requests.info(request, principal.claims));
  });

  app.post<ById>('/factors/:id/challenge', async (request) => {
    const principal = await permanentUser(request);
    limits.check('factor', request);
    const info = requests.info(request, principal.claims);
    return challenges.challenge(principal, factorId(request.params.id), info);
  });

  app.post<ById>('/factors/:id/verify', async (request) => {
    const principal = await permanentUser(request);
    limits.check('factor', request);
    const body = Body.of(request);
    const answer = { challengeId: body.string('challenge_id'), code: body.string('code') };
    if (answer.code === '') throw refuse.validation('Code needs to be non-empty');
    if (!isUuid(answer.challengeId)) throw refuse.badJson('"challenge_id" must be a UUID');
    const info = requests.info(request, principal.claims);
    return challenges.verify(principal, factorId(request.params.id), answer, info);
  });

  app.delete<ById>('/factors/:id', async (request) => {
    const principal = await permanentUser(request);
    const id = factorId(request.params.id);
    await enrollment.unenroll(principal, id, requests.info(request, principal.claims));
    return { id };
  });
}

/** The signed-in user; one without an address cannot protect it. */
export async function requirePermanentUser(
  { requests }: AuthServices,
  request: FastifyRequest,
): Promise<Principal> {
  const principal = await requests.user(request);
  if (principal.claims.is_anonymous === true) throw refuse.anonymousNotAllowed();
  return principal;
}

/** The id in a path, in lower case; what is none is not found. */
export function factorId(id: string): string {
  if (!isUuid(id)) throw new AuthError(404, 'validation_failed', 'factor_id must be an UUID');
  return id.toLowerCase();
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import type { Principal } from '../authenticate.ts';
import type { FactorRow, JsonObject } from '../../users/user.types.ts';
import { Body } from '../body.ts';
import { isUuid } from '../uuid.ts';

interface ById {
  Params: { id: string };
}

/** /factors: the signed-in user's second factors. */
export function factorRoutes(app: FastifyInstance, services: AuthServices): void {
  const { challenges, enrollment, limits, requests, securityKeys } = services;
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
    const id = factorId(request.params.id);
    const key = securityKey(principal, id);
    const body = Body.optional(request);
    if (key === undefined) return challenges.challenge(principal, id, body.string('channel'), info);
    return securityKeys.challenge(principal, key, body.object('webauthn'), info);
  });

  app.post<ById>('/factors/:id/verify', async (request) => {
    const principal = await permanentUser(request);
    limits.check('factor', request);
    const body = Body.of(request);
    const id = factorId(request.params.id);
    const key = securityKey(principal, id);
    const answer = { challengeId: body.string('challenge_id'), code: body.string('code') };
    if (key === undefined && answer.code === '') throw refuse.validation('Code needs to be non-empty');
    if (!isUuid(answer.challengeId)) throw refuse.badJson('"challenge_id" must be a UUID');
    const info = requests.info(request, principal.claims);
    if (key === undefined) return challenges.verify(principal, id, answer, info);
    return securityKeys.verify(principal, key, { ...answer, ...signedByKey(body) }, info);
  });

  app.delete<ById>('/factors/:id', async (request) => {
    const principal = await permanentUser(request);
    const id = factorId(request.params.id);
    await enrollment.unenroll(principal, id, requests.info(request, principal.claims));
    return { id };
  });
}

/** The user's factor of that id, where it is a security key. */
function securityKey({ user }: Principal, id: string): FactorRow | undefined {
  return user.factors.find((factor) => factor.id === id && factor.factor_type === 'webauthn');
}

function signedByKey(body: Body): { type: string; credential: JsonObject | undefined } {
  const webauthn = body.object('webauthn');
  if (webauthn === undefined) throw refuse.validation('WebAuthn config required');
  const signed = new Body(webauthn);
  return { type: signed.string('type'), credential: signed.object('credential_response') };
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

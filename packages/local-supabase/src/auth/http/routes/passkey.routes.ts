import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import type { PasskeyAnswer } from '../../passkeys/passkey-answer.ts';
import { passkeyJson } from '../../passkeys/passkey-json.ts';
import type { AuthServices } from '../../services.ts';
import { findUser } from '../../users/users.repository.ts';
import type { AuthUser } from '../../users/user.types.ts';
import type { Principal } from '../authenticate.ts';
import { Body } from '../body.ts';
import { userId } from './admin-user.routes.ts';

interface ById {
  Params: { id: string };
}
interface OfUser {
  Params: { id: string; passkey: string };
}

/** /passkeys: keys of the signed-in user, and signing in by one. /admin/users/:id/passkeys: those of anybody. */
export function passkeyRoutes(app: FastifyInstance, services: AuthServices): void {
  const { database, limits, passkeys, requests } = services;
  const owner = async (request: FastifyRequest): Promise<Principal> => {
    passkeys.checkEnabled();
    const principal = await requests.user(request);
    if (principal.claims.is_anonymous === true) throw refuse.anonymousNotAllowed();
    return principal;
  };
  const somebody = async (request: FastifyRequest, id: string): Promise<AuthUser> => {
    passkeys.checkEnabled();
    await requests.admin(request);
    const user = await findUser(database.pool, userId(id));
    if (user === undefined) throw refuse.userNotFound();
    return user;
  };

  app.get('/passkeys', async (request) =>
    (await passkeys.list((await owner(request)).user.id)).map(passkeyJson),
  );

  app.post('/passkeys/registration/options', async (request) =>
    passkeys.beginRegistration(await owner(request)),
  );

  app.post('/passkeys/registration/verify', async (request) => {
    const principal = await owner(request);
    const info = requests.info(request, principal.claims);
    return passkeyJson(await passkeys.finishRegistration(principal, readAnswer(request), info));
  });

  app.post('/passkeys/authentication/options', () => {
    passkeys.checkEnabled();
    return passkeys.beginSignIn();
  });

  app.post('/passkeys/authentication/verify', async (request, reply) => {
    passkeys.checkEnabled();
    limits.check('verify', request);
    reply.header('Cache-Control', 'no-store');
    return passkeys.signIn(readAnswer(request), requests.info(request));
  });

  app.patch<ById>('/passkeys/:id', async (request) => {
    const { user, claims } = await owner(request);
    const name = Body.of(request).string('friendly_name');
    const info = requests.info(request, claims);
    return passkeyJson(await passkeys.rename(user, request.params.id.toLowerCase(), name, info));
  });

  app.delete<ById>('/passkeys/:id', async (request, reply) => {
    const principal = await owner(request);
    const info = requests.info(request, principal.claims);
    await passkeys.delete(principal, request.params.id.toLowerCase(), info);
    return reply.code(204).send();
  });

  app.get<ById>('/admin/users/:id/passkeys', async (request) => {
    const user = await somebody(request, request.params.id);
    return (await passkeys.list(user.id)).map(passkeyJson);
  });

  app.delete<OfUser>('/admin/users/:id/passkeys/:passkey', async (request, reply) => {
    const user = await somebody(request, request.params.id);
    await passkeys.deleteOf(user, request.params.passkey.toLowerCase(), requests.info(request));
    return reply.code(204).send();
  });
}

function readAnswer(request: FastifyRequest): PasskeyAnswer {
  const body = Body.of(request);
  return { challengeId: body.string('challenge_id'), credential: body.object('credential') };
}

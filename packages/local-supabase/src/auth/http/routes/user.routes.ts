import type { FastifyInstance } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge } from '../../tokens/pkce.ts';
import { userJson } from '../../users/user-json.ts';
import { Body } from '../body.ts';

/** GET and PUT /user, and GET /reauthenticate: the account of the signed-in user. */
export function userRoutes(app: FastifyInstance, services: AuthServices): void {
  const { limits, mailRequests, requests, userUpdate } = services;
  app.get('/user', async (request) => {
    const { claims, user } = await requests.user(request);
    const claimed = Array.isArray(claims.aud) ? claims.aud[0] : claims.aud;
    if (claimed !== requests.info(request, claims).audience) {
      throw refuse.validation("Token audience doesn't match request audience");
    }
    return userJson(user);
  });

  app.put('/user', async (request) => {
    const principal = await requests.user(request);
    limits.check('user', request);
    const body = Body.of(request);
    const update = {
      email: body.string('email'),
      phone: body.string('phone'),
      channel: body.string('channel'),
      password: body.optionalString('password'),
      currentPassword: body.string('current_password'),
      nonce: body.string('nonce'),
      data: body.object('data'),
      appMetadata: body.object('app_metadata'),
      challenge: readChallenge(body.string('code_challenge'), body.string('code_challenge_method')),
    };
    return userJson(await userUpdate.update(principal, update, requests.info(request, principal.claims)));
  });

  app.get('/reauthenticate', async (request) => {
    const { claims, user } = await requests.user(request);
    const id = await mailRequests.reauthenticate(user, requests.info(request, claims));
    return id === undefined ? {} : { message_id: id };
  });
}

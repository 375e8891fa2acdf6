import type { FastifyInstance } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge } from '../../tokens/pkce.ts';
import { Body } from '../body.ts';

/** POST /signup: by address and password, or, with neither address nor phone, anonymously. */
export function signupRoutes(app: FastifyInstance, services: AuthServices): void {
  const { anonymous, limits, requests, signup } = services;
  app.post('/signup', (request) => {
    const body = Body.of(request);
    const email = body.string('email');
    const phone = body.string('phone');
    const info = requests.info(request);
    if (email === '' && phone === '') {
      anonymous.checkEnabled();
      limits.check('anonymous', request);
      return anonymous.signIn(body.object('data') ?? {}, info);
    }
    limits.check('signup', request);
    if (email !== '' && phone !== '') {
      throw refuse.validation('Only an email address or phone number should be provided on signup.');
    }
    if (phone !== '') throw refuse.phoneSignupsDisabled();
    return signup.signUp(
      {
        email,
        password: body.string('password'),
        data: body.object('data') ?? {},
        challenge: readChallenge(body.string('code_challenge'), body.string('code_challenge_method')),
      },
      info,
    );
  });
}

import type { FastifyInstance } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import { checkChannel } from '../../phone/phone-code.service.ts';
import { readPhone } from '../../phone/phone-number.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge } from '../../tokens/pkce.ts';
import { Body } from '../body.ts';

/** POST /signup: by address or phone and a password, or, with neither, anonymously. */
export function signupRoutes(app: FastifyInstance, services: AuthServices): void {
  const { anonymous, config, limits, phoneSignup, requests, signup } = services;
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
    if (phone !== '') {
      checkChannel(body.string('channel'), config);
      if (body.string('code_challenge') !== '')
        throw refuse.validation('PKCE not supported for phone signups');
      if (!config.phone.enabled) throw refuse.phoneSignupsDisabled();
      return phoneSignup.signUp(
        { phone: readPhone(phone), password: body.string('password'), data: body.object('data') ?? {} },
        info,
      );
    }
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

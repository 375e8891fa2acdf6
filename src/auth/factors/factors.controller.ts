import { Body, Controller, Header, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../platform/http/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import {
  AskedRepresentation,
  ClientAddress,
  CurrentIdentity,
} from '../../platform/http/request.decorators.js';
import type { Representation } from '../../platform/http/representation.js';
import {
  ChallengeDto,
  EnrolledFactorDto,
  EnrollFactorBody,
  FactorDto,
  FactorParam,
  VerifyFactorBody,
} from '../dto/factor.dto.js';
import { EnvelopedSignInDto, SignInDto } from '../dto/sign-in.dto.js';
import { NO_STORE } from '../no-store.js';
import { presentSignIn } from '../present-sign-in.js';
import { Factors } from './factors.service.js';

@ApiTags('Auth')
@Controller('auth/mfa/factors')
export class FactorsController {
  constructor(private readonly factors: Factors) {}

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'My second factors',
    description: 'Also those that are not verified yet.',
    answer: [FactorDto],
    refusals: ['upstream'],
  })
  listFactors(@CurrentIdentity() identity: Identity, @ClientAddress() address: string): Promise<FactorDto[]> {
    return this.factors.list(identity, address);
  }

  @Endpoint('POST', '', {
    access: 'user',
    summary: 'Begin to set up a second factor',
    description:
      'It counts once a code of it was verified. Whoever has a verified factor needs a session that was raised by it (AAL2): otherwise 403.',
    answer: EnrolledFactorDto,
    status: 201,
    refusals: ['conflict', 'upstream'],
  })
  @Header(...NO_STORE)
  enrollFactor(
    @CurrentIdentity() identity: Identity,
    @Body() body: EnrollFactorBody,
    @ClientAddress() address: string,
  ): Promise<EnrolledFactorDto> {
    return this.factors.enroll(identity, body, address);
  }

  @Endpoint('POST', ':id/challenge', {
    access: 'user',
    summary: 'Open a challenge for a second factor',
    answer: ChallengeDto,
    refusals: ['not_found', 'upstream'],
  })
  challengeFactor(
    @CurrentIdentity() identity: Identity,
    @Param() { id }: FactorParam,
    @ClientAddress() address: string,
  ): Promise<ChallengeDto> {
    return this.factors.challenge(identity, id, address);
  }

  @Endpoint('POST', ':id/verify', {
    access: 'user',
    summary: 'Answer a challenge, and raise the session to AAL2',
    description:
      'New tokens for the same session; the old refresh token is used up, and other sessions that were not raised end. A wrong code is an invalid request; how many may be tried is limited.',
    answer: { plain: SignInDto, enveloped: EnvelopedSignInDto },
    refusals: ['not_found', 'guessing', 'upstream'],
  })
  @Header(...NO_STORE)
  async verifyFactor(
    @CurrentIdentity() identity: Identity,
    @Param() { id }: FactorParam,
    @Body() body: VerifyFactorBody,
    @AskedRepresentation() representation: Representation,
    @ClientAddress() address: string,
  ): Promise<SignInDto | EnvelopedSignInDto> {
    return presentSignIn(await this.factors.verify(identity, id, body, address), representation);
  }

  @Endpoint('DELETE', ':id', {
    access: 'user',
    summary: 'Remove a second factor',
    description:
      'A verified one only in a session that was raised to AAL2: otherwise 403. Recovery codes cannot stay alone: 409.',
    refusals: ['not_found', 'conflict', 'upstream'],
  })
  removeFactor(
    @CurrentIdentity() identity: Identity,
    @Param() { id }: FactorParam,
    @ClientAddress() address: string,
  ): Promise<void> {
    return this.factors.unenroll(identity, id, address);
  }
}

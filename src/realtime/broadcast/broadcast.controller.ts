import { Body, Controller, Param, UseInterceptors } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../platform/http/actor.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { ClientAddress, CurrentIdentity } from '../../platform/http/request.decorators.js';
import { SessionRenewal } from '../sessions/session-renewal.interceptor.js';
import { BroadcastBody, BroadcastDto, ChannelParam } from './broadcast.dto.js';
import { Broadcasts } from './broadcasts.service.js';

@ApiTags('Realtime')
@UseInterceptors(SessionRenewal)
@Controller('realtime/channels')
export class BroadcastController {
  constructor(private readonly broadcasts: Broadcasts) {}

  @Endpoint('POST', ':channel/broadcast', {
    access: 'user',
    summary: 'Send a message to all who listen to a channel',
    description: 'Nobody has to be subscribed for it. A message to a channel that nobody listens to is gone.',
    answer: BroadcastDto,
    status: 202,
    refusals: ['upstream'],
  })
  broadcastMessage(
    @Param() { channel }: ChannelParam,
    @Body() body: BroadcastBody,
    @CurrentIdentity() identity: Identity,
    @ClientAddress() address: string,
  ): Promise<BroadcastDto> {
    return this.broadcasts.send(identity, channel, body, address);
  }
}

import {
  Body,
  Controller,
  Header,
  Headers,
  Param,
  Res,
  UseInterceptors,
  type StreamableFile,
} from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import type { Identity } from '../../platform/http/actor.js';
import type { ApiReply } from '../../platform/http/api-request.js';
import { Endpoint } from '../../platform/http/endpoint.decorator.js';
import { CurrentIdentity } from '../../platform/http/request.decorators.js';
import { SessionRenewal } from '../sessions/session-renewal.interceptor.js';
import { SubscribeBody, SubscriptionDto, SubscriptionParam, UnsubscribedDto } from './subscriptions.dto.js';
import { Subscriptions } from './subscriptions.service.js';
import { EVENTS_DESCRIPTION, EVENTS_EXAMPLE, SUBSCRIBE_DESCRIPTION } from './subscriptions.texts.js';

@ApiTags('Realtime')
@UseInterceptors(SessionRenewal)
@Controller('realtime/subscriptions')
export class SubscriptionsController {
  constructor(private readonly subscriptions: Subscriptions) {}

  @Endpoint('POST', '', {
    access: 'user',
    summary: 'Subscribe to a channel',
    description: SUBSCRIBE_DESCRIPTION,
    answer: SubscriptionDto,
    status: 201,
    refusals: ['conflict', 'upstream'],
  })
  subscribeToChannel(
    @Body() body: SubscribeBody,
    @CurrentIdentity() identity: Identity,
  ): Promise<SubscriptionDto> {
    return this.subscriptions.create(identity, body);
  }

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'My subscriptions, oldest first',
    answer: [SubscriptionDto],
  })
  listSubscriptions(@CurrentIdentity() identity: Identity): SubscriptionDto[] {
    return this.subscriptions.list(identity);
  }

  @Endpoint('DELETE', '', {
    access: 'user',
    summary: 'End all my subscriptions',
    answer: UnsubscribedDto,
  })
  unsubscribeFromAll(@CurrentIdentity() identity: Identity): UnsubscribedDto {
    return this.subscriptions.endAll(identity);
  }

  @Endpoint('DELETE', ':id', {
    access: 'user',
    summary: 'End a subscription',
    refusals: ['not_found'],
  })
  unsubscribeFromChannel(@Param() { id }: SubscriptionParam, @CurrentIdentity() identity: Identity): void {
    this.subscriptions.endOne(identity, id);
  }

  @Endpoint('GET', ':id/events', {
    access: 'user',
    summary: 'Read what a subscription hears, as server-sent events',
    description: EVENTS_DESCRIPTION,
    answer: {
      contentType: 'text/event-stream',
      description: 'The events, for as long as the subscription lasts.',
      example: EVENTS_EXAMPLE,
    },
    headers: {
      'Cache-Control': '`no-store, no-transform`',
      'X-Accel-Buffering': '`no`: a proxy passes events on at once.',
    },
    refusals: ['not_found'],
    neverEnveloped: true,
  })
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'The id of the last event the client has had; `0` for all that are kept.',
    schema: { type: 'string', example: '41' },
  })
  @Header('Cache-Control', 'no-store, no-transform')
  @Header('X-Accel-Buffering', 'no')
  // So that nobody waits for the connection once the stream is over, least of all a server that ends.
  @Header('Connection', 'close')
  readEvents(
    @Param() { id }: SubscriptionParam,
    @CurrentIdentity() identity: Identity,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: ApiReply,
  ): StreamableFile {
    return this.subscriptions.events(identity, id, lastEventId, reply.raw);
  }
}

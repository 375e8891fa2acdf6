import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsObject } from 'class-validator';
import { MayBeAbsent } from '../../platform/http/absent.decorator.js';
import { ChannelName, EventName } from '../channel-name.decorator.js';

/** One message. */
export class BroadcastBody {
  @EventName('The name of the event.')
  event!: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'What the listeners get: any JSON object.',
    example: { text: 'Hello, world!' },
  })
  @IsObject()
  payload!: Record<string, unknown>;

  @ApiProperty({
    type: 'boolean',
    required: false,
    default: false,
    description: 'A private channel: the policies on `realtime.messages` decide who may send.',
    example: false,
  })
  @MayBeAbsent()
  @IsBoolean()
  private = false;
}

/** A message that Supabase has taken. */
export class BroadcastDto {
  @ApiProperty({ description: 'The channel.', example: 'room-1' })
  channel!: string;

  @ApiProperty({ description: 'The name of the event.', example: 'message' })
  event!: string;
}

/** A channel in the path. */
export class ChannelParam {
  @ChannelName('The channel.')
  channel!: string;
}

import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsNotEmpty,
  IsObject,
  IsString,
  IsUUID,
  Matches,
  MaxLength,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MayBeAbsent } from '../../platform/http/absent.decorator.js';
import { ChannelName, EventName } from '../channel-name.decorator.js';

const CHANGE_EVENTS: unknown[] = ['*', 'INSERT', 'UPDATE', 'DELETE'];

/** With another event no row change would ever be heard. */
const FitsChanges = (): PropertyDecorator =>
  ValidateBy({
    name: 'fitsChanges',
    validator: {
      validate: (event, args) =>
        (args?.object as Partial<SubscribeBody> | undefined)?.postgres_changes === undefined ||
        CHANGE_EVENTS.includes(event),
      defaultMessage: () => 'event must be *, INSERT, UPDATE or DELETE where row changes are wanted',
    },
  });

/** What is no condition at all; Supabase says what else is wrong. */
const CONDITION = /^[^=]+=./;

/** Row changes to hear besides the broadcasts. Row-level security decides which rows the caller hears of. */
export class PostgresChangesDto {
  @ApiProperty({
    type: 'string',
    required: false,
    default: 'public',
    minLength: 1,
    maxLength: 63,
    description: 'The schema.',
    example: 'public',
  })
  @MayBeAbsent()
  @MaxLength(63)
  @IsNotEmpty()
  @IsString()
  schema = 'public';

  @ApiProperty({
    required: false,
    minLength: 1,
    maxLength: 63,
    description: 'The table; it must be in the publication `supabase_realtime`. Absent: all that are.',
    example: 'notes',
  })
  @MayBeAbsent()
  @MaxLength(63)
  @IsNotEmpty()
  @IsString()
  table?: string;

  @ApiProperty({
    required: false,
    minLength: 1,
    maxLength: 1_000,
    pattern: CONDITION.source,
    description: 'Only rows that meet this condition: `column=operator.value`, as Supabase takes it.',
    example: 'body=eq.hello',
  })
  @MayBeAbsent()
  @Matches(CONDITION, { message: 'filter must be column=operator.value' })
  @MaxLength(1_000)
  @IsNotEmpty()
  @IsString()
  filter?: string;
}

/** What to subscribe to. */
export class SubscribeBody {
  @ChannelName('The channel.')
  channel!: string;

  @EventName('Only broadcasts of this event, and row changes of this kind; `*`: all.', '*')
  @FitsChanges()
  event = '*';

  @ApiProperty({
    type: 'boolean',
    required: false,
    default: false,
    description: 'A private channel: the policies on `realtime.messages` decide who may listen.',
    example: false,
  })
  @MayBeAbsent()
  @IsBoolean()
  private = false;

  @ApiProperty({ required: false, type: PostgresChangesDto, description: 'Row changes to hear as well.' })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => PostgresChangesDto)
  postgres_changes?: PostgresChangesDto;
}

/** A subscription of the caller. */
export class SubscriptionDto {
  @ApiProperty({ format: 'uuid', description: 'Its id.', example: '0b5f6f4e-8b5c-4d55-9d2c-0a8a5a1f2c3d' })
  subscription_id!: string;

  @ApiProperty({ description: 'The channel.', example: 'room-1' })
  channel!: string;

  @ApiProperty({ description: 'The one event that is heard; `*`: all.', example: '*' })
  event!: string;

  @ApiProperty({ format: 'date-time', description: 'Since when.', example: '2026-01-01T00:00:00.000Z' })
  created_at!: string;
}

/** How many subscriptions were ended. */
export class UnsubscribedDto {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many there were.', example: 2 })
  unsubscribed!: number;
}

/** A subscription in the path. */
export class SubscriptionParam {
  @ApiProperty({
    format: 'uuid',
    description: 'The id of the subscription.',
    example: '0b5f6f4e-8b5c-4d55-9d2c-0a8a5a1f2c3d',
  })
  @IsUUID('loose')
  id!: string;
}

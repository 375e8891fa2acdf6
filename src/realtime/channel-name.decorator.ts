import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { MayBeAbsent } from '../platform/http/absent.decorator.js';

const MAX_LENGTH = 255;

/** Names become parts of a path at Supabase, where these two mean another one. */
const NO_DOTS = /^(?!\.{1,2}$)/;

/** The same in the OpenAPI documents. */
const BOUNDS = { minLength: 1, maxLength: MAX_LENGTH, pattern: NO_DOTS.source };

const name = (): PropertyDecorator =>
  applyDecorators(
    Matches(NO_DOTS, { message: '$property must not be "." or ".."' }),
    MaxLength(MAX_LENGTH),
    IsNotEmpty(),
    IsString(),
  );

/** The name of a channel. */
export const ChannelName = (description: string): PropertyDecorator =>
  applyDecorators(ApiProperty({ ...BOUNDS, description, example: 'room-1' }), name());

/** The name of an event; with a default it may be absent. */
export const EventName = (description: string, fallback?: string): PropertyDecorator =>
  applyDecorators(
    ApiProperty({
      type: 'string',
      ...BOUNDS,
      description,
      example: fallback ?? 'message',
      ...(fallback === undefined ? {} : { required: false, default: fallback }),
    }),
    name(),
    ...(fallback === undefined ? [] : [MayBeAbsent()]),
  );

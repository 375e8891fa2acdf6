import { ApiProperty } from '@nestjs/swagger';
import { Allow, IsString } from 'class-validator';
import { FUNCTION_NAME } from '../supabase/supabase-functions.service.js';
import { DeclaredSchema } from '../platform/openapi/declared-schema.decorator.js';

/** Whatever a function reads. */
@DeclaredSchema({ description: 'Whatever the function reads.', example: { name: 'Ada' } })
export class FunctionArgumentsDto {}

/** An Edge Function in the path. */
export class FunctionParam {
  @ApiProperty({
    description: 'The name of the function.',
    pattern: FUNCTION_NAME.source,
    maxLength: 100,
    example: 'hello',
  })
  @IsString()
  name!: string;
}

/** An Edge Function in the path, and what follows it: that is taken from the URL, undecoded. */
export class FunctionPathParam extends FunctionParam {
  @Allow()
  '*'?: string;
}

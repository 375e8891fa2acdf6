import { Body, Controller, Param } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import type { JsonValue } from '../platform/http/json-value.js';
import { Asking } from './table-query.decorator.js';
import { ArgumentsDto, DatabaseFunctionParam, FunctionResultDto } from './tables.dto.js';
import { Tables, type Asker } from './tables.service.js';

@ApiTags('Database')
@Controller('database/rpc')
export class DatabaseFunctionsController {
  constructor(private readonly tables: Tables) {}

  @Endpoint('POST', ':function', {
    access: 'user',
    summary: 'Call a function of the database',
    exactNumbers: true,
    description: 'Answers what the function returns: rows, a value, or null.',
    answer: FunctionResultDto,
    refusals: ['not_found', 'conflict'],
  })
  @ApiBody({ type: ArgumentsDto, required: false })
  callDatabaseFunction(
    @Asking() asker: Asker,
    @Param() { function: name }: DatabaseFunctionParam,
    @Body() parameters: unknown,
  ): Promise<JsonValue> {
    return this.tables.call(asker, name, parameters);
  }
}

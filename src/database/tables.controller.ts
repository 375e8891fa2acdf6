import { Body, Controller, Param, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import type { Row } from '../supabase/rest.types.js';
import { Asking, TakesConflictColumns, TakesFilters, TakesSelection } from './table-query.decorator.js';
import { filtersOf, onConflictOf, tableQueryOf } from './table-query.js';
import { NewRowsDto, RowChangeDto, RowDto, TableParam } from './tables.dto.js';
import { Tables, type Asker } from './tables.service.js';

type Parameters = Record<string, unknown>;

@ApiTags('Database')
@Controller('database/:table')
export class TablesController {
  constructor(private readonly tables: Tables) {}

  @Endpoint('GET', '', {
    access: 'user',
    summary: 'Rows of a table',
    description: 'Those that the policies of the table show to the actor.',
    answer: [RowDto],
    refusals: ['not_found', 'conflict'],
  })
  @TakesSelection()
  selectRows(
    @Asking() asker: Asker,
    @Param() { table }: TableParam,
    @Query() query: Parameters,
  ): Promise<Row[]> {
    return this.tables.select(asker, table, tableQueryOf(query));
  }

  @Endpoint('POST', '', {
    access: 'user',
    summary: 'Insert rows into a table',
    exactNumbers: true,
    description:
      'One row or several; all of them are written, or none. Answers the rows with their defaults.',
    answer: [RowDto],
    status: 201,
    refusals: ['not_found', 'conflict'],
  })
  @ApiBody({ type: NewRowsDto })
  insertRows(@Asking() asker: Asker, @Param() { table }: TableParam, @Body() rows: unknown): Promise<Row[]> {
    return this.tables.insert(asker, table, rows);
  }

  @Endpoint('PATCH', '', {
    access: 'user',
    summary: 'Change rows of a table',
    exactNumbers: true,
    description:
      'Those that the filters leave; without a filter nothing is changed. Answers the changed rows.',
    answer: [RowDto],
    refusals: ['not_found', 'conflict'],
  })
  @ApiBody({ type: RowChangeDto })
  @TakesFilters()
  updateRows(
    @Asking() asker: Asker,
    @Param() { table }: TableParam,
    @Query() query: Parameters,
    @Body() change: unknown,
  ): Promise<Row[]> {
    return this.tables.update(asker, table, change, filtersOf(query));
  }

  @Endpoint('PUT', '', {
    access: 'user',
    summary: 'Insert rows, or change those that are there',
    exactNumbers: true,
    description: 'Answers the rows as they are then.',
    answer: [RowDto],
    refusals: ['not_found', 'conflict'],
  })
  @ApiBody({ type: NewRowsDto })
  @TakesConflictColumns()
  upsertRows(
    @Asking() asker: Asker,
    @Param() { table }: TableParam,
    @Query() query: Parameters,
    @Body() rows: unknown,
  ): Promise<Row[]> {
    return this.tables.upsert(asker, table, rows, onConflictOf(query));
  }

  @Endpoint('DELETE', '', {
    access: 'user',
    summary: 'Delete rows of a table',
    description: 'Those that the filters leave; without a filter nothing is deleted. Answers what they were.',
    answer: [RowDto],
    refusals: ['not_found', 'conflict'],
  })
  @TakesFilters()
  deleteRows(
    @Asking() asker: Asker,
    @Param() { table }: TableParam,
    @Query() query: Parameters,
  ): Promise<Row[]> {
    return this.tables.delete(asker, table, filtersOf(query));
  }
}

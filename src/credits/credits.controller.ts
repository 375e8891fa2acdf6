import { Controller, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { Actor } from '../platform/http/actor.js';
import { Endpoint } from '../platform/http/endpoint.decorator.js';
import { CURSOR_PAGE_HEADERS, PageAnswer } from '../platform/http/pages.js';
import { CurrentActor, Pages } from '../platform/http/request.decorators.js';
import { CreditsDto, SummaryDto, TransactionDto, TransactionsQuery } from './credits.dto.js';
import { CreditsService } from './credits.service.js';

@ApiTags('Credits')
@Controller('credits')
export class CreditsController {
  constructor(private readonly credits: CreditsService) {}

  @Endpoint('GET', '', { access: 'user', summary: 'My credits and tier', answer: CreditsDto })
  getCredits(@CurrentActor() actor: Actor): Promise<CreditsDto> {
    return this.credits.balanceOf(actor);
  }

  @Endpoint('GET', 'transactions', {
    access: 'user',
    summary: 'My ledger, newest first',
    description:
      'Every movement of my credits: the sign-up grant, grants of administrators, charges and their refunds. ' +
      'Rows are never changed or removed.',
    answer: [TransactionDto],
    headers: CURSOR_PAGE_HEADERS,
  })
  listTransactions(
    @CurrentActor() actor: Actor,
    @Query() query: TransactionsQuery,
    @Pages() pages: PageAnswer,
  ): Promise<TransactionDto[]> {
    return pages.byCursor(this.credits.transactionsOf(actor, query), query);
  }

  @Endpoint('GET', 'transactions/summary', {
    access: 'user',
    summary: 'What I got, what I used',
    answer: SummaryDto,
  })
  getTransactionSummary(@CurrentActor() actor: Actor): Promise<SummaryDto> {
    return this.credits.summaryOf(actor);
  }
}

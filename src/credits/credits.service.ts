import { Injectable } from '@nestjs/common';
import { internal, invalidFields, unauthenticated } from '../platform/errors/errors.js';
import type { Actor } from '../platform/http/actor.js';
import type { CursorPage } from '../platform/http/pages.js';
import type { CreditsDto, SummaryDto, TransactionDto, TransactionsQuery } from './credits.dto.js';
import { LedgerRepository } from './ledger.repository.js';
import type { Transaction } from './ledger.types.js';
import { newOperationId } from './operation-id.js';

/** Credits of a user, and their ledger. */
@Injectable()
export class CreditsService {
  constructor(private readonly ledger: LedgerRepository) {}

  async balanceOf(actor: Actor): Promise<CreditsDto> {
    const credits = await this.ledger.balance(actor.id);
    if (credits === undefined) throw unauthenticated();
    return { credits, subscription_tier: actor.tier };
  }

  /** The actor's rows, newest first. */
  async transactionsOf(
    actor: Actor,
    { limit, cursor }: TransactionsQuery,
  ): Promise<CursorPage<TransactionDto>> {
    // One more than asked for tells whether there is another page.
    const rows = await this.ledger.transactions(actor.id, { limit: limit + 1, before: cursor });
    const items = rows.slice(0, limit).map(toTransaction);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  async summaryOf(actor: Actor): Promise<SummaryDto> {
    const summary = await this.ledger.summary(actor.id);
    if (!summary) throw unauthenticated();
    return {
      total_added: summary.totalAdded,
      total_used: summary.totalUsed,
      current_balance: summary.currentBalance,
    };
  }

  /**
   * Adds credits for an administrator, who is named in the row.
   *
   * @param profileId - whose credits
   * @returns the balance then
   * @throws AppError `validation` when it would exceed what a number holds exactly
   */
  async grant(
    actor: Actor,
    profileId: number,
    grant: { amount: number; reason?: string | undefined; requestId: string },
  ): Promise<number> {
    const { result, balance } = await this.ledger.grant({
      ...grant,
      profileId,
      actor: actor.userId,
      operationId: newOperationId(),
    });
    if (result === 'too_large') {
      throw invalidFields([{ field: 'amount', message: 'amount would make the balance too large' }]);
    }
    if (result !== 'ok' || balance === null) throw internal(new Error(`A grant ended in ${result}`));
    return balance;
  }
}

function toTransaction(row: Transaction): TransactionDto {
  return {
    id: row.id,
    username: row.username,
    amount: row.amount,
    balance_after: row.balanceAfter,
    description: row.description,
    endpoint: row.endpoint,
    created_at: row.createdAt,
  };
}

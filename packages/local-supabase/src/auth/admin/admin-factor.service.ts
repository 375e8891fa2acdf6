import type { Database } from '../../context.ts';
import { refuse } from '../errors/catalogue.ts';
import { violates } from '../errors/database-refusal.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { deleteFactor, lockFactor, renameFactor, setFactorPhone } from '../mfa/factors.repository.ts';
import { readPhone } from '../phone/phone-number.ts';
import { downgradeSessions } from '../sessions/sessions.repository.ts';
import { auditAdmin, auditUser } from '../users/audit.ts';
import { findUser } from '../users/users.repository.ts';
import type { FactorRow } from '../users/user.types.ts';

/** A user's second factors, as an administrator sees and changes them. */
export class AdminFactorService {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(userId: string): Promise<FactorRow[]> {
    const user = await findUser(this.#database.pool, userId);
    if (user === undefined) throw refuse.userNotFound();
    return user.factors;
  }

  /** Gives a factor another name, and a phone another number; what is empty leaves it as it is. */
  async change(
    role: string,
    userId: string,
    factorId: string,
    { name, phone }: { name: string; phone: string },
    info: RequestInfo,
  ): Promise<FactorRow> {
    try {
      return await this.#database.transaction(async (tx) => {
        const user = await findUser(tx, userId);
        if (user === undefined) throw refuse.userNotFound();
        const factor = await lockFactor(tx, userId, factorId);
        if (factor === undefined) throw refuse.factorNotFound();
        if (name !== '') await renameFactor(tx, factorId, name);
        if (phone !== '' && factor.factor_type === 'phone') {
          await setFactorPhone(tx, factorId, readPhone(phone));
        }
        await auditAdmin(tx, info, role, 'factor_updated', {
          user_id: user.id,
          factor_id: factorId,
          factor_type: factor.factor_type,
        });
        return (await lockFactor(tx, userId, factorId)) ?? factor;
      });
    } catch (error) {
      if (violates(error, 'unique_phone_factor_per_user')) throw refuse.phoneFactorExists();
      throw violates(error, 'mfa_factors_user_friendly_name_unique') ? refuse.factorNameTaken(name) : error;
    }
  }

  /** Removes a factor and answers what it was. */
  async delete(userId: string, factorId: string, info: RequestInfo): Promise<FactorRow> {
    return this.#database.transaction(async (tx) => {
      const user = await findUser(tx, userId);
      if (user === undefined) throw refuse.userNotFound();
      const factor = await lockFactor(tx, userId, factorId);
      if (factor === undefined) throw refuse.factorNotFound();
      await deleteFactor(tx, factorId);
      await auditUser(tx, info, user, 'factor_deleted', { user_id: user.id, factor_id: factorId });
      await downgradeSessions(tx, userId, factorId);
      return factor;
    });
  }
}

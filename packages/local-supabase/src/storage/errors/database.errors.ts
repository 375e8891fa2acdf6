import pg from 'pg';
import { STORAGE_ERRORS } from './storage.errors.ts';

/**
 * What PostgreSQL refused, in the words of the storage API: policies become 403, keys that exist 409, broken policies 503.
 * Anything that is no database error is handed back as it came.
 */
export function storageErrorOf(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error;
  switch (error.code) {
    case '42501':
      return error.message.includes('row-level security')
        ? STORAGE_ERRORS.rowLevelSecurity(error)
        : STORAGE_ERRORS.accessDenied(error.message, error);
    case '23505':
      return STORAGE_ERRORS.resourceExists(error);
    case '23503':
      return STORAGE_ERRORS.relatedNotFound(error);
    case '55P03':
      return STORAGE_ERRORS.resourceLocked(error);
    case '57014':
      return STORAGE_ERRORS.databaseTimeout(error);
    case '42P17':
      return STORAGE_ERRORS.invalidObjectDefinition(error);
    case '42703':
    case '42P01':
      return STORAGE_ERRORS.schemaMismatch(error);
    default:
      // Class 22: a value that no column takes (a NUL, a number out of range, a role that is none). The client sent it.
      return error.code?.startsWith('22')
        ? STORAGE_ERRORS.invalidParameter('value', error.message)
        : STORAGE_ERRORS.database(error.code ?? 'unknown', error);
  }
}

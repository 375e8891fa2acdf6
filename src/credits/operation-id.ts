import { v7 } from 'uuid';

/** A new name for a movement of credits. Time-ordered, so that the ledger's index grows at its end. */
export const newOperationId = (): string => v7();

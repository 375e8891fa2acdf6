import { rmSync } from 'node:fs';
import { handoverFile } from './environment.ts';

export default async function teardown(): Promise<void> {
  await globalThis.supabaseOfThisRun?.close();
  await globalThis.dropDatabaseOfThisRun?.();
  rmSync(handoverFile(process.pid), { force: true });
}

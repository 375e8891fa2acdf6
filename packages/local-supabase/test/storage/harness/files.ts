import { readdir } from 'node:fs/promises';
import type { RunningStorage } from './start.storage.ts';

/** Names of all files on disk, of objects and on their way in; without those of uploads in steps. */
export async function filesOf(storage: RunningStorage): Promise<string[]> {
  const entries = await readdir(await storage.filesFolder(), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== 'database' && !entry.parentPath.includes('resumable'))
    .map(({ name }) => name)
    .sort();
}

/** Waits until a question has the wanted answer; says the last one when it never comes. */
export async function until<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`Never came: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

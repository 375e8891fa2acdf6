import { setTimeout as pause } from 'node:timers/promises';

/** Resolves as soon as the condition holds; asks again and again. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs = 10_000): Promise<void> {
  const giveUp = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error('It did not happen in time');
    await pause(20);
  }
}

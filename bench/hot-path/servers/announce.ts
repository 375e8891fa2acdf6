import { collectGarbage } from '../../../src/platform/process/collect-garbage.js';

/** Tells the process that has started this one where it listens, collects garbage when it asks for that, and ends with it. */
export function announce(url: string): void {
  process.send?.(url);
  process.on('message', () => {
    collectGarbage({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    process.send?.('collected');
  });
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
}

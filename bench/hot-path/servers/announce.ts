/** Tells the process that has started this one where it listens, and ends with it. */
export function announce(url: string): void {
  process.send?.(url);
  process.once('disconnect', () => process.exit(0));
  process.once('SIGTERM', () => process.exit(0));
}

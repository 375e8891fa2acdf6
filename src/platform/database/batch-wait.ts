/** Since when the batches wait that are at the database now. Of the whole process: all go to the same database. */
const underWay = new Set<{ since: number }>();
let longest = 0;

/**
 * Something waits for the database, since the given time of `performance.now()`: first for its turn, then for the answer.
 * @returns to be called when it has been answered
 */
export function waitsSince(since: number): () => void {
  const wait = { since };
  underWay.add(wait);
  return () => {
    underWay.delete(wait);
    longest = Math.max(longest, performance.now() - since);
  };
}

/** The longest wait that went on or ended since the last time this was asked, in milliseconds; 0 if nothing waited. */
export function takeLongestWait(): number {
  const now = performance.now();
  const taken = Math.max(longest, ...[...underWay].map(({ since }) => now - since));
  longest = 0;
  return taken;
}

/** A suggestion must be at least this like what was asked for, of 1. */
const LIKE_ENOUGH = 0.33;

/**
 * The name most like the one asked for, among those that share three (or at least two) letters in a row with it: how
 * PostgREST guesses what was meant.
 */
export function suggest(asked: string, names: Iterable<string>, atLeast = LIKE_ENOUGH): string | null {
  const known = [...new Set(names)];
  for (const size of [3, 2]) {
    const wanted = grams(asked, size);
    const scored = known
      .filter((name) => [...grams(name, size)].some((gram) => wanted.has(gram)))
      .map((name) => ({ name, score: likeness(asked.toLowerCase(), name.toLowerCase()) }))
      .filter(({ score }) => score >= atLeast)
      .sort((left, right) => right.score - left.score);
    if (scored[0]) return scored[0].name;
  }
  return null;
}

function grams(name: string, size: number): Set<string> {
  const text = `-${name.toLowerCase().replaceAll(/[^\p{L}\p{N}, ]/gu, '')}-`;
  return new Set(
    Array.from({ length: Math.max(text.length - size + 1, 0) }, (_, at) => text.slice(at, at + size)),
  );
}

/** 1 for the same, 0 for nothing in common: edits (Levenshtein) by the longer length. */
function likeness(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= right.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  const longer = Math.max(left.length, right.length);
  return longer === 0 ? 1 : 1 - (row[right.length] ?? 0) / longer;
}

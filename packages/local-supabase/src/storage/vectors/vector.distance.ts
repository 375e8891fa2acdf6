import type { Metric } from './vector.types.ts';

/** Smaller is nearer. Cosine: 0 in the same direction, 2 in the opposite one. */
export function distance(metric: Metric, a: readonly number[], b: readonly number[]): number {
  return metric === 'cosine' ? 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) : Math.sqrt(squares(a, b));
}

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);

const squares = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, index) => sum + (value - (b[index] ?? 0)) ** 2, 0);

import { parseDuration } from '../config/duration.ts';
import { refuse } from '../errors/catalogue.ts';

/** Until when `ban_duration` bans: null for `none`, undefined where nothing was said. Refuses what is no duration. */
export function bannedUntil(duration: string): Date | null | undefined {
  if (duration === '') return undefined;
  if (duration === 'none') return null;
  const milliseconds = parseDuration(duration);
  if (milliseconds === undefined) {
    throw refuse.validation(`invalid format for ban duration: time: invalid duration "${duration}"`);
  }
  if (milliseconds === 0) return null;
  const until = new Date(Date.now() + milliseconds);
  if (Number.isNaN(until.getTime())) {
    throw refuse.validation(`invalid format for ban duration: time: invalid duration "${duration}"`);
  }
  return until;
}

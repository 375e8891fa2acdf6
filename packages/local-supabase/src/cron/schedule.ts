import { Cron } from 'croner';

/** When a job runs. */
export interface Schedule {
  /** Runs when the clock starts, and never again. */
  readonly atStart: boolean;
  /** Runs that come due while one runs are all made up, not only the last. */
  readonly queues: boolean;
  /** The time (milliseconds) of the first run after another; undefined when there is none. */
  next(after: number): number | undefined;
}

const SECONDS = /^0*(\d{1,2})\s*seconds?$/;
const STARTS = new Set(['@reboot', '@restart']);

/**
 * Reads what pg_cron takes: five fields in GMT, of which `$` is the last day of a month, a number of seconds, or a name
 * (`@hourly`). What follows the fifth field is not looked at. Undefined when it is none of these.
 */
export function readSchedule(text: string): Schedule | undefined {
  const written = text.trim().toLowerCase();
  if (STARTS.has(written)) return { atStart: true, queues: false, next: () => undefined };
  const seconds = SECONDS.exec(written)?.[1];
  return seconds === undefined ? readCron(written) : every(Number(seconds));
}

const every = (seconds: number): Schedule | undefined =>
  seconds < 1 || seconds > 59
    ? undefined
    : { atStart: false, queues: false, next: (after) => after + seconds * 1000 };

function readCron(written: string): Schedule | undefined {
  const fields = written
    .split(/[ \t]+/)
    .slice(0, 5)
    .map(withoutLongSteps);
  const [, , day = '', , weekday = ''] = fields;
  if (day === '$') fields[2] = 'L';
  // Both days have to be met when one of them begins with a star, even `*/2`; else one of them.
  const domAndDow = day.startsWith('*') || weekday.startsWith('*');
  try {
    const cron = new Cron(fields.join(' '), { mode: '5-part', utcOffset: 0, paused: true, domAndDow });
    return { atStart: false, queues: true, next: (after) => cron.nextRun(new Date(after))?.getTime() };
  } catch {
    return undefined;
  }
}

/** The lowest value of each field, and how far the highest is from it. */
const FIELDS = [
  [0, 59],
  [0, 23],
  [1, 30],
  [1, 11],
  [0, 7],
] as const;

/** A step out of the field, which croner refuses, leaves the first value: every 90th minute is minute 0. */
function withoutLongSteps(field: string, place: number): string {
  const [lowest, width] = FIELDS[place] ?? [0, 0];
  return field.replaceAll(/([^,/]+)\/(\d+)/g, (element, range: string, step: string) => {
    if (Number(step) <= width) return element;
    return range === '*' ? String(lowest) : (range.split('-')[0] ?? range);
  });
}

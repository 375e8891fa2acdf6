import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface Collection {
  type: 'major' | 'minor';
  execution: 'sync';
  flavor?: 'last-resort';
}

/** V8's own function, without leaving it in reach of everybody. */
export const collectGarbage = madeOf('--expose-gc', '--no-expose-gc');

function madeOf(on: string, off: string): (collection: Collection) => void {
  setFlagsFromString(on);
  const collect = runInNewContext('gc') as (collection: Collection) => void;
  setFlagsFromString(off);
  return collect;
}

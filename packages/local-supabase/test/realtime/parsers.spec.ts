import { describe, expect, it } from '@jest/globals';
import { postgresChangesFilter } from '@supabase/supabase-js';
import fc from 'fast-check';
import { readJoinConfig } from '../../src/realtime/channel/join.config.ts';
import { FilterError, parseFilter } from '../../src/realtime/changes/filter.parser.ts';
import { PresenceWindow } from '../../src/realtime/presence/presence.window.ts';
import { UserBroadcast } from '../../src/realtime/protocol/frame.types.ts';
import { decodeUserBroadcastPush } from '../../src/realtime/protocol/user.broadcast.frame.ts';
import { RateCounter } from '../../src/realtime/rate.counter.ts';

describe('parseFilter', () => {
  it('reads back whatever the official builder writes', () => {
    // The builder sends other values as they are, and Realtime cuts blanks at the ends of a filter.
    const value = fc.string({ minLength: 1 }).filter((text) => text === text.trim());
    const column = fc.stringMatching(/^[a-z_]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(column, value, fc.boolean()), { minLength: 1, maxLength: 4 }),
        (conditions) => {
          const builder = postgresChangesFilter();
          for (const [name, text, negate] of conditions) {
            if (negate) builder.not(name, 'eq', text);
            else builder.eq(name, text);
          }
          expect(parseFilter(builder.build())).toEqual(
            conditions.map(([name, text, negate]) => ({ column: name, op: 'eq', value: text, negate })),
          );
        },
      ),
    );
  });

  it('answers any text with conditions or a FilterError', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(Array.isArray(parseFilter(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(FilterError);
        }
      }),
    );
  });

  it.each(['id=eq.1,', 'id', 'id=eq', 'id=in.1,2', '=,='])('refuses %s', (text) => {
    expect(() => parseFilter(text)).toThrow(FilterError);
  });
});

describe('decodeUserBroadcastPush', () => {
  it('reads any bytes as a frame or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const data = Buffer.from([3, ...bytes]);
        try {
          expect(decodeUserBroadcastPush(data).payload).toBeInstanceOf(UserBroadcast);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});

describe('readJoinConfig', () => {
  it('reads any payload', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (payload) => {
        const config = readJoinConfig({ config: payload });
        expect(typeof config.presenceKey).toBe('string');
        expect(readJoinConfig(payload).postgresChanges).toBeInstanceOf(Array);
      }),
    );
  });
});

describe('PresenceWindow', () => {
  it('begins anew once it is over', () => {
    let now = 0;
    const window = new PresenceWindow(() => now);
    const takes = (): boolean[] => Array.from({ length: 6 }, () => window.take());
    expect(takes()).toEqual([true, true, true, true, true, false]);
    now = 30_000;
    expect(window.take()).toBe(false);
    now = 30_001;
    expect(takes()).toEqual([true, true, true, true, true, false]);
  });
});

describe('RateCounter', () => {
  it('lets bursts pass, and refuses beyond the average of a minute', () => {
    let now = 0;
    const counter = new RateCounter(2, () => now);
    expect(counter.take(120)).toBe(true);
    expect(counter.take()).toBe(false);
    now = 59_999;
    expect(counter.take()).toBe(false);
    now = 60_000;
    expect(counter.take(120)).toBe(true);
    expect(counter.take()).toBe(false);
  });
});

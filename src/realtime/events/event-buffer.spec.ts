import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BufferBudget, EventBuffer } from './event-buffer.js';

const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('EventBuffer', () => {
  it('should number events from 1 and name only those that have a name', () => {
    const buffer = new EventBuffer({ events: 10, bytes: 1_000 }, new BufferBudget());
    expect(buffer.after(0)).toBeUndefined();
    buffer.add('{"a":1}');
    buffer.add('{}', 'lost');
    expect(buffer.after(0)).toEqual({
      text: 'id: 1\ndata: {"a":1}\n\nid: 2\nevent: lost\ndata: {}\n\n',
      cursor: 2,
    });
    expect(buffer.after(2)).toBeUndefined();
  });

  it('should keep an event that is larger than all it may keep', () => {
    const budget = new BufferBudget(1);
    const buffer = new EventBuffer({ events: 10, bytes: 1 }, budget);
    buffer.add('"first"');
    buffer.add('"second"');
    expect(buffer.after(1)?.text).toBe('id: 2\ndata: "second"\n\n');
    buffer.clear();
    expect(budget.used).toBe(0);
  });

  it('should lose nothing without saying how much, whatever the bounds and the readers', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.array(fc.oneof(fc.constant('read' as const), fc.string({ maxLength: 200 })), { maxLength: 100 }),
        (events, bytes, steps) => {
          const budget = new BufferBudget();
          const buffer = new EventBuffer({ events, bytes }, budget);
          let [cursor, added, had, lost] = [0, 0, 0, 0];
          const read = (): void => {
            for (let chunk = buffer.after(cursor); chunk; chunk = buffer.after(cursor)) {
              const told = /"lost":(\d+)/.exec(chunk.text);
              if (told && chunk.text.includes('event: lost')) lost += Number(told[1]);
              else had += idsIn(chunk.text).length;
              cursor = chunk.cursor;
            }
          };
          for (const step of steps) {
            if (step === 'read') read();
            else {
              buffer.add(JSON.stringify(step.replaceAll('lost', '')));
              added += 1;
            }
          }
          read();
          expect(had + lost).toBe(added);
          expect(cursor).toBe(buffer.last);
          buffer.clear();
          expect(budget.used).toBe(0);
        },
      ),
    );
  });
});

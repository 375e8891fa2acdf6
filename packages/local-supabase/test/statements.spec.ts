import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitStatements } from '../src/sql/statements.ts';
import { rule } from '../src/wire/statement.rules.ts';

/** What a lexer may stumble over. */
const CHARACTERS = ['$', "'", '"', '-', '/', '*', ';', '(', ')', 'a', 'b', '\\', '\n', 'E', ' '];

describe('splitStatements', () => {
  it.each([
    ['select 1; select 2', ['select 1', 'select 2']],
    [`select ';'; select "a;b"`, [`select ';'`, 'select "a;b"']],
    [`select 'it''s;'; select E'\\';'`, [`select 'it''s;'`, `select E'\\';'`]],
    ['do $$ begin; end; $$; select 1', ['do $$ begin; end; $$', 'select 1']],
    ['select $a$ $$;$$ $a$; select $1', ['select $a$ $$;$$ $a$', 'select $1']],
    [
      '-- a; b\nselect 1; -- c; d\nselect 2 /* ; /* ; */ ; */;',
      ['-- a; b\nselect 1', '-- c; d\nselect 2 /* ; /* ; */ ; */'],
    ],
    [
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      [
        'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'select 3',
      ],
    ],
    [
      'create rule r as on insert to t do also (insert into a values (1); insert into b values (2)); select 1',
      [
        'create rule r as on insert to t do also (insert into a values (1); insert into b values (2))',
        'select 1',
      ],
    ],
    [';;  ;', []],
    ['begin; commit', ['begin', 'commit']],
    [`select 'open`, [`select 'open`]],
    ['select 1 as größe; select tag$x$ from t', ['select 1 as größe', 'select tag$x$ from t']],
  ])('should split %j', (sql, expected) => {
    expect(splitStatements(sql)).toEqual(expected);
  });

  it('should put any strings back together as they were', () => {
    const literal = fc.string().map((text) => `select '${text.replaceAll("'", "''")}'`);
    fc.assert(
      fc.property(fc.array(literal), (statements) => {
        expect(splitStatements(statements.join(';\n'))).toEqual(statements.map((text) => text.trim()));
      }),
    );
  });

  it('should end on any input', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...CHARACTERS) }), (sql) => {
        expect(splitStatements(sql).join('').length).toBeLessThanOrEqual(sql.length);
      }),
    );
  });
});

describe('rule', () => {
  const session = { rename: (name: string) => `s1_${name}`, user: 'app' };

  it.each([
    ['select 1', 'select 1', []],
    ['update t set a = 1', 'update t set a = 1', []],
    ['LISTEN "My Channel"', 'LISTEN "My Channel"', ['listen']],
    ['unlisten *', 'unlisten local_supabase_nowhere', ['unlisten-all']],
    ['prepare p as select 1', 'prepare "s1_p" as select 1', []],
    ['explain execute p(1)', 'explain execute "s1_p"(1)', []],
    ['create trigger t before insert on x execute function f()', undefined, []],
    ['deallocate prepare p', 'deallocate prepare "s1_p"', []],
    ['set local role anon', 'set local role anon', []],
    ['set role anon', 'set role anon', ['settings']],
    ['reset session authorization', 'set session authorization "app"', ['settings']],
    ['reset all', undefined, ['settings', 'reset']],
    ['reset search_path', undefined, ['settings', 'reset']],
    [`select set_config('a.b', 'c', true)`, undefined, []],
    [`select set_config('statement_timeout', '3s', true)`, undefined, ['local-timeout']],
    [`select set_config('statement_timeout', '3s', false)`, undefined, ['timeouts', 'settings']],
    [`select set_config('a.b', 'c', false)`, undefined, ['settings']],
    [`select set_config($1, $2, $3)`, undefined, ['settings']],
    [`select 'set role anon'`, undefined, []],
    ['select 1; set role anon; discard all', undefined, ['settings', 'discard-all']],
  ])('should judge %j', (sql, expected, kinds) => {
    const ruling = rule(sql, session);
    expect(ruling.sql).toBe(expected ?? sql);
    expect(ruling.effects.map(({ kind }) => kind)).toEqual(kinds);
  });
});

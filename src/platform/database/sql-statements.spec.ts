import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitStatements } from './sql-statements.js';

describe('splitStatements', () => {
  it.each([
    ['several statements', 'select 1; select 2;\n', ['select 1', 'select 2']],
    ['no semicolon at the end', 'select 1;\nselect 2', ['select 1', 'select 2']],
    ['empty statements', ';;select 1;;', ['select 1']],
    ['a comment before a statement', '-- a; b\nselect 1;', ['-- a; b\nselect 1']],
    ['a comment at the end', 'select 1; -- end;', ['select 1', '-- end;']],
    ['nested comments', '/* a /* b; */ c; */ select 1;', ['/* a /* b; */ c; */ select 1']],
    ['strings', "select 'a;''b;';select 2", ["select 'a;''b;'", 'select 2']],
    ['escape strings', "select e'a\\';b';select 2", ["select e'a\\';b'", 'select 2']],
    ['quoted names', 'select ";" as "a"";";select 2', ['select ";" as "a"";"', 'select 2']],
    ['dollar quotes', 'do $$ a; $x$ b; $$; select 2', ['do $$ a; $x$ b; $$', 'select 2']],
    ['named dollar quotes', 'do $f$ a; $$ b; $f$; select 2', ['do $f$ a; $$ b; $f$', 'select 2']],
    ['dollars in names', 'select a$b$c; select d$b$e', ['select a$b$c', 'select d$b$e']],
    ['parameters', 'select $1; select $2', ['select $1', 'select $2']],
    [
      'rules',
      'create rule r as on insert to t do also (select 1; select 2); x',
      ['create rule r as on insert to t do also (select 1; select 2)', 'x'],
    ],
    [
      'atomic bodies',
      'create function f() begin atomic select case when a then 1 end; select 2; end; x',
      ['create function f() begin atomic select case when a then 1 end; select 2; end', 'x'],
    ],
    ['a transaction', 'begin; select 1; end; x', ['begin', 'select 1', 'end', 'x']],
    ['an unfinished string', "select 'a; b", ["select 'a; b"]],
  ])('should split %s', (_, sql, statements) => {
    expect(splitStatements(sql)).toEqual(statements);
  });

  it('should lose nothing but semicolons and space, whatever it is given', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '$$',
      '$a$',
      ';',
      '--',
      '\n',
      '/*',
      '*/',
      '(',
      ')',
      ' ',
      'begin',
      'atomic',
      'end',
      'x',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const sql = pieces.join('');
        const essence = (text: string) => text.replace(/[\s;]/g, '');
        expect(essence(splitStatements(sql).join(''))).toBe(essence(sql));
      }),
    );
  });
});

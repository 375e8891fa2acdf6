import { styleText } from 'node:util';
import type { Progress } from '../storage/progress.ts';
import type { GlobalOptions, Shell } from './cli.types.ts';

const BAR_WIDTH = 30;

type Cell = string | number | null | undefined;

/** Shows results: for people as text, with `--json` as JSON and nothing else. Colours and bars are for terminals only. */
export class Printer {
  private readonly shell: Shell;
  private readonly isJson: boolean;
  private shownPercent = -1;

  constructor(shell: Shell, { json = false }: GlobalOptions) {
    this.shell = shell;
    this.isJson = json;
  }

  /** One result: the value itself as JSON, or the text for people. */
  result(value: unknown, text: string): void {
    this.shell.stdout.write(`${this.isJson ? JSON.stringify(value, null, 2) : text}\n`);
  }

  /** One of many that come one by one: a line of JSON each. */
  line(value: unknown, text: string): void {
    this.shell.stdout.write(`${this.isJson ? JSON.stringify(value) : text}\n`);
  }

  /** Rows under their titles. */
  table(value: readonly object[], titles: readonly string[], rows: readonly (readonly Cell[])[]): void {
    const cells = rows.map((row) => row.map((cell) => String(cell ?? '')));
    const widths = titles.map((title, at) =>
      Math.max(title.length, ...cells.map((row) => row[at]?.length ?? 0)),
    );
    const lineOf = (row: readonly string[]): string =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd();
    const head = this.style('bold', lineOf(titles));
    this.result(value, rows.length === 0 ? 'Nothing' : [head, ...cells.map(lineOf)].join('\n'));
  }

  good(value: unknown, text: string): void {
    this.result(value, this.style('green', text));
  }

  /** Draws a bar where somebody can see it. */
  readonly progress = ({ loaded, total }: Progress): void => {
    if (!this.shell.stderr.isTTY || total === undefined || total === 0) return;
    const percent = Math.floor((loaded / total) * 100);
    if (percent === this.shownPercent) return;
    this.shownPercent = percent;
    const done = Math.round((percent / 100) * BAR_WIDTH);
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR_WIDTH - done)}`;
    this.shell.stderr.write(`\r${bar} ${String(percent).padStart(3)} %${percent === 100 ? '\n' : ''}`);
  };

  private style(format: 'bold' | 'green', text: string): string {
    const isPlain = !this.shell.stdout.isTTY || this.shell.environment.NO_COLOR !== undefined;
    return isPlain ? text : styleText(format, text, { validateStream: false });
  }
}

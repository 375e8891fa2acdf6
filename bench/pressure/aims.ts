/** What a run is held to, and what came of it. */
export interface Aim {
  aim: string;
  found: string;
  reached: boolean;
}

/** A table of aims; prints it as well, and makes the process end with 1 when one was missed. */
export function report(aims: readonly Aim[]): string {
  const rows = aims.map(({ aim, found, reached }) => `| ${aim} | ${found} | ${reached ? 'yes' : '**no**'} |`);
  const table = ['| aim | found | reached |', '| --- | --- | --- |', ...rows].join('\n');
  process.stdout.write(`${table}\n`);
  if (aims.some(({ reached }) => !reached)) process.exitCode = 1;
  return table;
}

import { DatabaseError } from 'pg';

/** A failure as Postgres' own clients print it. */
export function failureText(error: unknown, command: string): string {
  if (!(error instanceof DatabaseError)) return `${error instanceof Error ? error.message : String(error)}\n`;
  const { severity = 'ERROR', message, position, detail, hint, where } = error;
  const lines = [
    `${severity}:  ${message}`,
    ...(position === undefined ? [] : pointer(command, Number(position))),
    ...(detail === undefined ? [] : [`DETAIL:  ${detail}`]),
    ...(hint === undefined ? [] : [`HINT:  ${hint}`]),
    ...(where === undefined ? [] : [`CONTEXT:  ${where}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/** The line of the fault, and below it a mark at the place, which Postgres counts in characters from one. */
function pointer(command: string, position: number): string[] {
  const before = Array.from(command)
    .slice(0, position - 1)
    .join('');
  const lines = before.split('\n');
  const head = `LINE ${lines.length}: `;
  const column = Array.from(lines.at(-1) ?? '').length;
  return [`${head}${command.split('\n')[lines.length - 1] ?? ''}`, `${' '.repeat(head.length + column)}^`];
}

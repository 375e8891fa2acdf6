import { AsyncLocalStorage } from 'node:async_hooks';

const held = new AsyncLocalStorage<unknown[][]>();
let installed = false;

/**
 * @supabase/lite writes every error that it answers to the console, a missing table as much as a crash. What it writes
 * while `answer` runs is held back, and shown only when the answer is the server's own fault.
 */
export async function withQuietConsole(answer: () => Promise<Response>): Promise<Response> {
  const show = console.error;
  install();
  const lines: unknown[][] = [];
  const response = await held.run(lines, answer);
  if (response.status >= 500) for (const line of lines) show(...line);
  return response;
}

function install(): void {
  if (installed) return;
  installed = true;
  const original = console.error;
  console.error = (...line: unknown[]) => {
    const lines = held.getStore();
    if (lines) lines.push(line);
    else original(...line);
  };
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('RESULTS.md', import.meta.url);

/**
 * Replaces one section of `bench/RESULTS.md`; the others stay as their own runs have left them.
 * @param command - what repeats it
 */
export function writeSection(title: string, command: string, text: string): void {
  const old = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '# Results\n';
  const [head = '', ...sections] = old.split(/^## /m);
  const others = sections.filter((section) => !section.startsWith(`${title}\n`));
  const section = `${title}\n\n\`${command}\`\n\n${text.trim()}\n`;
  writeFileSync(FILE, [head, ...others.map((other) => `${other.trim()}\n\n`), section].join('## '));
}

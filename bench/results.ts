import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('RESULTS.md', import.meta.url);

/** In the order in which they stand, whichever bench ran last: from what one request costs to what surrounds it. */
const SECTIONS = [
  'Start and tests',
  'Hot path',
  'Hot path: where the time goes',
  'Overload',
  'Steady load',
  'Connections and forged tokens',
  'Replicas',
  'Growth',
  'Sign-in',
  'Files',
  'Event streams',
] as const;

/** What a section may be called. */
export type SectionTitle = (typeof SECTIONS)[number];

/**
 * Replaces one section of `bench/RESULTS.md`; the others stay as their own runs have left them.
 * @param command - what repeats it
 */
export function writeSection(title: SectionTitle, command: string, text: string): void {
  const old = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '# Results\n';
  const [head = '', ...sections] = old.split(/^## /m);
  const others = sections.filter((section) => titleOf(section) !== title);
  const all = [...others, `${title}\n\n\`${command}\`\n\n${text}`].sort((a, b) => placeOf(a) - placeOf(b));
  writeFileSync(FILE, `${[head, ...all].map((section) => section.trim()).join('\n\n## ')}\n`);
}

const titleOf = (section: string): string => section.split('\n', 1)[0] ?? '';

/** One that nobody writes any more comes last. */
function placeOf(section: string): number {
  const place = SECTIONS.findIndex((title) => title === titleOf(section));
  return place === -1 ? SECTIONS.length : place;
}

import type { JsonObject } from '../users/user.types.ts';

const PLACEHOLDER = /\{\{-?\s*\.([A-Za-z][\w.]*)\s*-?\}\}/g;
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** Fills a template's `{{ .Name }}` and `{{ .Data.key }}`; values are escaped for HTML. Unknown names are empty. */
export function renderHtml(template: string, values: JsonObject): string {
  return template.replace(PLACEHOLDER, (_, path: string) =>
    valueAt(values, path).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character),
  );
}

/** As {@link renderHtml} for a subject or plain text: nothing is escaped. */
export function renderText(template: string, values: JsonObject): string {
  return template.replace(PLACEHOLDER, (_, path: string) => valueAt(values, path));
}

/** The text of an HTML mail: links as `text (address)`, one line for each block. */
export function htmlToText(html: string): string {
  return html
    .replace(/<a\s[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gis, '$2 ( $1 )')
    .replace(/<\/(p|h[1-6]|div|tr|li)>|<br\s*\/?>/gi, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&(amp|lt|gt|#34|#39|quot);/g, (entity) => UNESCAPES[entity] ?? entity)
    .replace(/[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

const UNESCAPES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&#34;': '"',
  '&quot;': '"',
  '&#39;': "'",
};

function valueAt(values: JsonObject, path: string): string {
  let value: unknown = values;
  for (const name of path.split('.')) {
    value = typeof value === 'object' && value !== null ? (value as JsonObject)[name] : undefined;
  }
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

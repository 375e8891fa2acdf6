import type { JsonObject } from '../users/user.types.ts';
import { evaluateTemplate } from './template/evaluate.ts';
import { HtmlWriter } from './template/html-writer.ts';

const COMMENT = /<!--[\s\S]*?-->/g;

/**
 * Fills a template of Go's (`{{ .Email }}`, `{{ if .Data.name }}`…), a subject as well as a body: values are escaped for
 * where they stand in the HTML, comments are left out, and names that are not known are empty.
 */
export function renderHtml(template: string, values: JsonObject): string {
  const writer = new HtmlWriter();
  evaluateTemplate(template.replace(COMMENT, ''), values, writer);
  return writer.html;
}

/** The text of an HTML mail: links as `text (address)`, one line for each block. */
export function htmlToText(html: string): string {
  return html
    .replace(/<a\s[^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gis, '$2 ( $1 )')
    .replace(/<\/(p|h[1-6]|div|tr|li)>|<br\s*\/?>/gi, '\n')
    .replace(/<[^>]+>/g, '')
    .replace(/&(amp|lt|gt|#34|#39|#43|quot);/g, (entity) => UNESCAPES[entity] ?? entity)
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
  '&#43;': '+',
};

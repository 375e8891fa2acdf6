const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID in its usual spelling. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The deprecated column `owner` is a uuid, subjects of tokens need not be. */
export function uuidOrNull(text: string | undefined): string | null {
  return text !== undefined && isUuid(text) ? text : null;
}

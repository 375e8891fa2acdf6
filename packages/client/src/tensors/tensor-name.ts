const SUFFIX = '.npy';
const MAX_BYTES = 200;

/**
 * The file of a tensor. Letters, digits, `-`, `_` and dots within stay; all else becomes `=` and two hexadecimal digits a
 * byte, as storage takes few characters.
 * @throws RangeError for a name that is empty or too long
 */
export function fileNameOf(name: string): string {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length > MAX_BYTES) {
    throw new RangeError(`A tensor's name has 1 to ${String(MAX_BYTES)} bytes`);
  }
  const characters = Array.from(bytes, (byte, index) => {
    const character = String.fromCharCode(byte);
    const stays = /[\w-]/.test(character) || (character === '.' && index > 0);
    return stays ? character : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return characters.join('') + SUFFIX;
}

/** The tensor of a file; undefined for a file that is none. */
export function tensorNameOf(file: string): string | undefined {
  if (!file.endsWith(SUFFIX)) return undefined;
  try {
    return decodeURIComponent(file.slice(0, -SUFFIX.length).replaceAll('%', '%25').replaceAll('=', '%'));
  } catch {
    return undefined;
  }
}

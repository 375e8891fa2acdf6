/**
 * The pattern of `additional_redirect_urls` as a regular expression. `*` and `?` stop at the separators `.` and `/`,
 * `**` does not; `[…]` and `{a,b}` work as in a shell, `\` takes the next character as it is.
 */
export function globToRegExp(glob: string): RegExp {
  let source = '';
  let depth = 0;
  for (let index = 0; index < glob.length; index += 1) {
    const character = glob.charAt(index);
    if (character === '*') {
      const double = glob.charAt(index + 1) === '*';
      source += double ? '.*' : '[^./]*';
      if (double) index += 1;
    } else if (character === '?') {
      source += '[^./]';
    } else if (character === '{') {
      source += '(?:';
      depth += 1;
    } else if (character === '}' && depth > 0) {
      source += ')';
      depth -= 1;
    } else if (character === ',' && depth > 0) {
      source += '|';
    } else if (character === '[' && glob.includes(']', index)) {
      const end = glob.indexOf(']', index);
      source += `[${glob
        .slice(index + 1, end)
        .replace(/^!/, '^')
        .replaceAll('\\', '\\\\')}]`;
      index = end;
    } else if (character === '\\' && index + 1 < glob.length) {
      index += 1;
      source += literal(glob.charAt(index));
    } else {
      source += literal(character);
    }
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 's');
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

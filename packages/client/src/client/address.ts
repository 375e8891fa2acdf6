/** The URL of a backend, as it was typed: without what is behind the path, and without a slash at its end. */
export function baseUrlOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/**
 * Puts parameters into a path. The `*` of a storage path keeps its slashes.
 * @throws RangeError for a name that would leave its place (`..`)
 */
export function fillPath(template: string, parameters: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{([^}]+)\}/g, (_, name: string) => {
    const value = String(parameters[name]);
    const steps = name === 'path' ? value.split('/') : [value];
    if (steps.some((step) => step === '.' || step === '..')) {
      throw new RangeError(`${value} cannot be part of a URL`);
    }
    return steps.map(encodeURIComponent).join('/');
  });
}

import type { OpenAPIObject } from '@nestjs/swagger';

const REFERENCE = /^#\/components\/(schemas|responses)\/(.+)$/;

/** Removes the components that this document does not mention: those of the other representation. */
export function pruneComponents(document: OpenAPIObject): void {
  const components = (document.components ??= {});
  const reached = reachedFrom(document.paths, components);
  const kept = <T>(kind: string, all: Record<string, T> = {}): Record<string, T> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => reached.has(`${kind}/${name}`)));
  components.schemas = kept('schemas', components.schemas);
  components.responses = kept('responses', components.responses);
}

type Components = NonNullable<OpenAPIObject['components']>;

/** The names, as `kind/name`, of what is mentioned from `root`, directly or through other components. */
function reachedFrom(root: unknown, components: Components): Set<string> {
  const reached = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const [, kind, name] = key === '$ref' ? (REFERENCE.exec(String(inner)) ?? []) : [];
      if (kind === undefined || name === undefined) visit(inner);
      else if (!reached.has(`${kind}/${name}`)) {
        reached.add(`${kind}/${name}`);
        visit(components[kind as 'schemas' | 'responses']?.[name]);
      }
    }
  };
  visit(root);
  return reached;
}

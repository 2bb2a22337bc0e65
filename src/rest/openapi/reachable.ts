import type { OpenapiDocument } from './openapi-document.js';

const REFERENCE = /^#\/components\/([^/]+)\/([^/]+)$/;

/** Drops the components that no path uses, and sorts the others by name. */
export function keepReachable(document: OpenapiDocument): OpenapiDocument {
  const used = new Set<string>();
  const waiting: unknown[] = [document.paths];
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (typeof node !== 'object' || node === null) continue;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'security' && Array.isArray(value))
        for (const name of schemesOf(value)) used.add(`securitySchemes/${name}`);
      const [, kind, name] = key === '$ref' ? (REFERENCE.exec(String(value)) ?? []) : [];
      if (kind !== undefined && name !== undefined && !used.has(`${kind}/${name}`)) {
        used.add(`${kind}/${name}`);
        waiting.push(document.components[kind]?.[name]);
      }
      waiting.push(value);
    }
  }
  const components = Object.fromEntries(
    Object.entries(document.components).map(([kind, members]) => {
      const kept = Object.entries(members).filter(([name]) => used.has(`${kind}/${name}`));
      return [kind, Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))];
    }),
  );
  return { ...document, components };
}

const schemesOf = (security: readonly object[]): string[] => security.flatMap((one) => Object.keys(one));

/** JSON Pointers (RFC 6901). */

export function pointerTo(path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The segments of a pointer. */
export function pointerParts(text: string): string[] {
  const [, ...parts] = text.split('/');
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value that it names, or undefined. Own properties only. */
export function atPointer(value: unknown, text: string): unknown {
  return pointerParts(text).reduce(
    (at, name) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined,
    value,
  );
}

/** Whether it is what JSON calls an object: no list, not null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

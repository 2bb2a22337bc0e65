/** Our schemas, geometries and filters need fewer than twenty. */
const NESTING_AT_MOST = 64;

/**
 * Whether lists and objects are nested deeper than anything here needs. Parsers build any depth without recursion; checks, digests and
 * serializers that follow recurse, and would overflow the stack.
 */
export function isTooDeep(value: unknown, levels = NESTING_AT_MOST): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  for (const member of Object.values(value)) if (isTooDeep(member, levels - 1)) return true;
  return false;
}

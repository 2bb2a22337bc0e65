import { scopeSql } from '../../access/grants/row-scope.js';
import type { Access } from '../../access/policy/decision.js';
import type { Parameters } from './parameters.js';

/** The row scope is in every statement, whatever the grant. */
export function scopeGuard({ grant }: Access, alias: string, parameters: Parameters): string {
  return scopeSql(grant.rows, alias, (value) => parameters.add(() => value));
}

/** True where the row is not about a child under 14; an unknown birth date counts as a child. */
export function adultGuard(alias: string, parameters: Parameters): string {
  const today = parameters.add((binding) => binding.today, 'today');
  return `${alias}."minor_until" <= ${today}::date`;
}

/** True where a grant masks one of the fields in rows about children: then such rows do not answer by it. */
export function maskedForMinors({ fields }: Access, names: readonly string[]): boolean {
  return names.some((name) => fields.get(name)?.minorMask !== 'none');
}

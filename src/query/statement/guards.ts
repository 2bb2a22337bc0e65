import { scopeSql } from '../../access/grants/row-scope.js';
import type { Access } from '../../access/policy/decision.js';
import type { Parameters } from './parameters.js';

/** Every statement has the row scope, for any grant. */
export function scopeGuard({ grant }: Access, alias: string, parameters: Parameters): string {
  return scopeSql(grant.rows, alias, (value) => parameters.add(() => value));
}

/** True if the row is not about a child under 14; without a birth date it counts as a child. */
export function adultGuard(alias: string, parameters: Parameters): string {
  const today = parameters.add((binding) => binding.today, 'today');
  return `${alias}."minor_until" <= ${today}::date`;
}

/** True if a grant masks one of the fields in rows about children: then these fields don't find such rows. */
export function maskedForMinors({ fields }: Access, names: readonly string[]): boolean {
  return names.some((name) => fields.get(name)?.minorMask !== 'none');
}

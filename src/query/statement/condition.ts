import { afterPrefix } from '../../access/grants/row-scope.js';
import type { AccessTree, FieldAccess } from '../../access/policy/decision.js';
import { identifier } from '../../catalog/names.js';
import { known } from '../../platform/known.js';
import type { Value } from '../../standard/type.js';
import type { Condition, Leaf } from '../ask.js';
import { operandType } from '../value.js';
import { adultGuard } from './guards.js';
import type { Parameters } from './parameters.js';

/** The highest code points: the range of a prefix ends with so many of them. */
const HIGHEST = '\u{10ffff}';

/** The place of a leaf's path in the statement. */
interface Located {
  alias: string;
  access: FieldAccess;
}
export type Locate = (path: string) => Located;

/** Finds `born` and `household.division_code` in the permit's accesses and the statement's aliases. */
export function locator(tree: AccessTree, aliases: ReadonlyMap<string, string>): Locate {
  return (path) => {
    const dot = path.indexOf('.');
    const node = dot < 0 ? '' : path.slice(0, dot);
    const name = dot < 0 ? path : path.slice(dot + 1);
    return { alias: known(aliases, node), access: known(known(tree, node).fields, name) };
  };
}

/** Two-valued SQL of a condition, with its operands in the order of their parameters. */
export function conditionSql(
  condition: Condition,
  locate: Locate,
  parameters: Parameters,
  nextOperand: () => number,
): string {
  if ('and' in condition) return group(condition.and, ' AND ', 'true', locate, parameters, nextOperand);
  if ('or' in condition) return group(condition.or, ' OR ', 'false', locate, parameters, nextOperand);
  if ('not' in condition) return `((${conditionSql(condition.not, locate, parameters, nextOperand)}) IS NOT TRUE)`;
  return leafSql(condition, locate(condition.path), parameters, nextOperand());
}

function group(
  parts: readonly Condition[],
  glue: string,
  empty: string,
  locate: Locate,
  parameters: Parameters,
  nextOperand: () => number,
): string {
  if (parts.length === 0) return empty;
  return `(${parts.map((part) => conditionSql(part, locate, parameters, nextOperand)).join(glue)})`;
}

function leafSql(leaf: Leaf, { alias, access }: Located, parameters: Parameters, operand: number): string {
  const column = `${alias}.${identifier(access.name)}`;
  const type = operandType(access.field.type);
  const one = () => `${parameters.add((binding) => binding.operands[operand])}::${type}`;
  const comparison = (() => {
    switch (leaf.op) {
      case 'eq':
        return `${column} = ${one()}`;
      case 'ne':
        return `${column} <> ${one()}`;
      case 'lt':
        return `${column} < ${one()}`;
      case 'lte':
        return `${column} <= ${one()}`;
      case 'gt':
        return `${column} > ${one()}`;
      case 'gte':
        return `${column} >= ${one()}`;
      case 'in':
        return `${column} = ANY(${parameters.add((binding) => binding.operands[operand])}::${type}[])`;
      case 'nin':
        // NULL <> ALL of an empty list is true in SQL, but a leaf is true only if the value is present.
        return `${column} IS NOT NULL AND ${column} <> ALL(${parameters.add((binding) => binding.operands[operand])}::${type}[])`;
      case 'null':
        return leaf.value === true ? `${alias}."row_id" IS NOT NULL AND ${column} IS NULL` : `${column} IS NOT NULL`;
      case 'contains':
        return `strpos(${column}, ${one()}) > 0`;
      case 'startswith': {
        const from = one();
        const until = parameters.add((binding) => {
          const prefix = String(binding.operands[operand]);
          return afterPrefix(prefix) ?? prefix + HIGHEST;
        });
        return `${column} >= ${from} AND ${column} < ${until}::${type}`;
      }
    }
  })();
  // A field that is masked in a child's row must not reveal anything about that row.
  return access.minorMask === 'none' ? `(${comparison})` : `(${adultGuard(alias, parameters)} AND ${comparison})`;
}

/** Operands in the order of conditionSql. */
export function operandsOf(
  condition: Condition | undefined,
  into: (Value | readonly Value[])[] = [],
): (Value | readonly Value[])[] {
  if (condition === undefined) return into;
  if ('and' in condition) for (const part of condition.and) operandsOf(part, into);
  else if ('or' in condition) for (const part of condition.or) operandsOf(part, into);
  else if ('not' in condition) operandsOf(condition.not, into);
  else into.push(condition.value);
  return into;
}

/** The structure of a condition without its values: part of the cache key of a plan. */
export function conditionShape(condition: Condition | undefined): string {
  if (condition === undefined) return '';
  if ('and' in condition) return `&(${condition.and.map(conditionShape).join(',')})`;
  if ('or' in condition) return `|(${condition.or.map(conditionShape).join(',')})`;
  if ('not' in condition) return `!(${conditionShape(condition.not)})`;
  return `${condition.path} ${condition.op}${condition.op === 'null' ? String(condition.value) : ''}`;
}

/** Relations that filters use. */
export function relationsFiltered(condition: Condition | undefined, into = new Set<string>()): Set<string> {
  if (condition === undefined) return into;
  if ('and' in condition) for (const part of condition.and) relationsFiltered(part, into);
  else if ('or' in condition) for (const part of condition.or) relationsFiltered(part, into);
  else if ('not' in condition) relationsFiltered(condition.not, into);
  else if (condition.path.includes('.')) into.add(condition.path.slice(0, condition.path.indexOf('.')));
  return into;
}

/**
 * The same text for the same condition in any order: the two doors order parts differently, and a cursor is valid at
 * both.
 */
export function canonicalCondition(condition: Condition | undefined): string {
  if (condition === undefined) return '';
  if ('and' in condition) return canonicalGroup('&', condition.and);
  if ('or' in condition) return canonicalGroup('|', condition.or);
  if ('not' in condition) return `!(${canonicalCondition(condition.not)})`;
  return JSON.stringify([condition.path, condition.op, condition.value]);
}

/** A group with one part is that part. */
function canonicalGroup(sign: string, parts: readonly Condition[]): string {
  return parts.length === 1
    ? canonicalCondition(parts[0])
    : `${sign}(${parts.map(canonicalCondition).sort().join(',')})`;
}

import type { Contract } from '../../catalog/contract.js';
import type { Fault } from '../../platform/errors.js';
import type { GrantDraft } from './draft-grant.js';
import type { ScopeTerm } from './grant.js';

const VALUES_AT_MOST = 1_000;

/** Row limits use the contract's scope dimensions, each indexed. A grant of mode deliver is limited by the partition. */
export function checkRows({ rows, mode }: GrantDraft, contract: Contract): Fault[] {
  if ('all' in rows) return rows.all === true ? [] : [{ pointer: '/rows/all', reason: 'It is true or absent' }];
  const dimensions = mode === 'deliver' ? new Set([contract.partition]) : contract.scopes;
  return rows.scope.flatMap((term, i): Fault[] => {
    const pointer = `/rows/scope/${i}`;
    if (!dimensions.has(term.field)) {
      const expected = [...dimensions].filter((name) => name !== undefined).join(', ') || '{"all": true}';
      return [{ pointer: `${pointer}/field`, reason: 'Not a dimension that rows are limited by', expected }];
    }
    return checkValues(term, pointer);
  });
}

function checkValues(term: ScopeTerm, pointer: string): Fault[] {
  if ('in' in term === 'prefix' in term) return [{ pointer, reason: 'Exactly one of in and prefix' }];
  const values = 'in' in term ? term.in : term.prefix;
  const at = `${pointer}/${'in' in term ? 'in' : 'prefix'}`;
  if (values.length > VALUES_AT_MOST)
    return [{ pointer: at, reason: 'Too many values', expected: `≤ ${VALUES_AT_MOST}` }];
  // An empty prefix would silently match every row.
  return values.some((value) => value === '') ? [{ pointer: at, reason: 'An empty value is not a limit' }] : [];
}

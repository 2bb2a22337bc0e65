import type { FieldAccess } from '../../access/policy/decision.js';
import type { Contract, Field } from '../../catalog/contract.js';
import { identifier } from '../../catalog/names.js';
import { TOWNSHIP_DIGITS } from '../../standard/region.js';
import { loadStandard } from '../../standard/standard.js';
import type { Mask } from '../../standard/type.js';
import type { Linkage } from '../linkage.js';
import { adultGuard } from './guards.js';
import type { Parameters } from './parameters.js';

/** A table of the statement: its alias, its contract, and the key of its pseudonyms. */
export interface MaskSource {
  alias: string;
  contract: Contract;
  linkage: Linkage;
}

const REGION_DIGITS = 6;

/**
 * The expression that leaves for a field: masked for the grant, masked per row for children, or unmasked. `undefined`:
 * always null.
 */
export function maskedExpression(source: MaskSource, access: FieldAccess, parameters: Parameters): string | undefined {
  const { field } = access;
  const column = `${source.alias}.${identifier(field.name)}`;
  const forAll = apply(access.mask, column, field, source, parameters);
  if (access.minorMask === 'none' || access.mask === 'hide') return forAll;
  const forMinors = apply(access.minorMask, column, field, source, parameters) ?? 'NULL';
  return `CASE WHEN ${adultGuard(source.alias, parameters)} THEN ${forAll} ELSE ${forMinors} END`;
}

function apply(
  mask: Mask,
  column: string,
  field: Field,
  source: MaskSource,
  parameters: Parameters,
): string | undefined {
  switch (mask) {
    case 'none':
      return column;
    case 'hide':
      return undefined;
    case 'initial':
      return `left(${column}, 1) || '**'`;
    case 'id-number':
      // Only a number that starts with a region has region digits to show: 110101************.
      return `CASE WHEN ${column} ~ '^[0-9]{15}' THEN left(${column}, ${REGION_DIGITS}) || '************' WHEN ${column} IS NOT NULL THEN '************' END`;
    case 'phone':
      return `CASE WHEN ${column} ~ '^[0-9]{11}$' THEN left(${column}, 3) || '****' || right(${column}, 4) WHEN ${column} IS NOT NULL THEN '****' END`;
    case 'year':
      return `date_trunc('year', ${column}::timestamp)::date`;
    case 'division': {
      if (field.divisionField === undefined) return undefined;
      const townships = parameters.add(() => townshipNames(), 'townships');
      // An absent address stays absent: its division says nothing about it.
      return `CASE WHEN ${column} IS NOT NULL THEN ${townships}::jsonb ->> left(${source.alias}.${identifier(field.divisionField)}, ${TOWNSHIP_DIGITS}) END`;
    }
    case 'pseudonym':
      return pseudonym(column, source, parameters);
  }
}

/** HMAC-SHA-256 (RFC 2104) made of PostgreSQL's SHA-256; the first 16 bytes in hex. */
function pseudonym(column: string, source: MaskSource, parameters: Parameters): string {
  const inner = parameters.add(() => source.linkage.innerPad, `inner ${source.alias}`);
  const outer = parameters.add(() => source.linkage.outerPad, `outer ${source.alias}`);
  return `left(encode(sha256(${outer}::bytea || sha256(${inner}::bytea || convert_to(${column}, 'UTF8'))), 'hex'), 32)`;
}

let townships: string | undefined;

/** Names of the district's townships by code, as one JSON object: about a dozen, bound once per statement. */
function townshipNames(): string {
  townships ??= JSON.stringify(
    Object.fromEntries(
      [...loadStandard().divisions.values()]
        .filter((d) => d.code.length === TOWNSHIP_DIGITS)
        .map((d) => [d.code, d.name]),
    ),
  );
  return townships;
}

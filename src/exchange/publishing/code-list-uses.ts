import type pg from 'pg';
import type { Catalog } from '../../catalog/catalog.js';
import type { Contract, Field } from '../../catalog/contract.js';
import { historyTable, liveTable } from '../../catalog/table.js';
import type { Fault } from '../../platform/errors.js';

/** Where codes of a list are used. */
export interface CodeUse {
  code: string;
  contract: string;
  field: string;
}

/** Every field of a published contract that holds codes of the list. */
export function fieldsOfList(catalog: Catalog, list: string): { contract: Contract; field: Field }[] {
  return [...catalog.contracts.values()].flatMap((contract) =>
    [...contract.fields.values()]
      .filter(({ type }) => (type.list ?? type.of?.list) === list)
      .map((field) => ({ contract, field })),
  );
}

/** The codes to which contracts map their publishers' own codes. */
export function mappedCodes(catalog: Catalog, list: string, codes: readonly string[]): CodeUse[] {
  return fieldsOfList(catalog, list).flatMap(({ contract, field }) => {
    const mapped = new Set(Object.values(field.codes ?? {}));
    return codes.filter((code) => mapped.has(code)).map((code) => ({ code, contract: contract.id, field: field.name }));
  });
}

/** The codes that rows have, in the release in force or an earlier one. It only checks that such a row exists. */
export async function standingCodes(
  tx: pg.ClientBase,
  { catalog, list, codes }: { catalog: Catalog; list: string; codes: readonly string[] },
): Promise<CodeUse[]> {
  const uses: CodeUse[] = [];
  for (const { contract, field } of fieldsOfList(catalog, list)) {
    const holds = field.type.of !== undefined ? `jsonb_exists("${field.name}", code)` : `"${field.name}" = code`;
    const { rows } = await tx.query<{ code: string }>(
      `SELECT code FROM unnest($1::text[]) AS code WHERE EXISTS (SELECT FROM ${liveTable(contract)} WHERE ${holds})
         OR EXISTS (SELECT FROM ${historyTable(contract)} WHERE ${holds})`,
      [codes],
    );
    uses.push(...rows.map(({ code }) => ({ code, contract: contract.id, field: field.name })));
  }
  return uses;
}

export function mappedFault({ code, contract, field }: CodeUse): Fault {
  const reason = `${code} is left out, and ${contract} maps to it (${field})`;
  return { pointer: '/codes', reason, expected: 'retired, not left out' };
}

export function standingFault({ code, contract, field }: CodeUse): Fault {
  const reason = `${code} is left out, and stands in rows of ${contract} (${field})`;
  return { pointer: '/codes', reason, expected: 'retired, not left out' };
}

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { DataValidateFunction } from 'ajv/dist/types/index.js';
import type { Contract, Field } from '../../catalog/contract.js';
import type { Standard } from '../../standard/standard.js';
import { typeOf } from '../../standard/type.js';
import type { StoredSchema } from '../../standard/types/value-type.js';

/** Validates one mapped row: an array of values in the order of the contract's fields. */
export type RowCheck = ValidateFunction<unknown[]>;

/**
 * Two schemas per contract, compiled once: for a row to store, and for a row that only names what to delete. A row is a
 * tuple, because an object with computed names costs more.
 * A retired code stays in the rows that have it, and a deletion may name it; a stored row needs codes in force.
 */
export function compileRowChecks(contract: Contract, standard: Standard): { store: RowCheck; remove: RowCheck } {
  const fields = [...contract.fields.values()];
  const ajv = rowAjv();
  const at = (name: string) => fields.findIndex((field) => field.name === name);
  const stored = (inForce: boolean, { type }: Field) => typeOf(type).stored(type, { standard, inForce, at });
  const isKey = ({ name }: Field) => contract.key.includes(name);
  const tuple = (items: object[]) =>
    ajv.compile<unknown[]>({ type: 'array', prefixItems: items, minItems: items.length, items: false });
  return {
    store: tuple(
      fields.map((field) => (field.required || isKey(field) ? stored(true, field) : orNull(stored(true, field)))),
    ),
    remove: tuple(fields.map((field) => (isKey(field) ? stored(false, field) : {}))),
  };
}

function orNull(schema: StoredSchema): object {
  return { ...schema, type: [schema.type, 'null'] };
}

export type Must = NonNullable<StoredSchema['must']>;

function rowAjv(): Ajv2020 {
  // The schemas are built above, and strict mode checks them; the meta-schema would be compiled again per contract.
  const ajv = new Ajv2020({
    strict: true,
    allErrors: true,
    allowUnionTypes: true,
    verbose: true,
    validateSchema: false,
  });
  ajv.addKeyword({
    keyword: 'must',
    errors: false,
    compile(must: Must, { type }): DataValidateFunction {
      // What is of another type is the fault of the keyword `type`.
      const [kind] = [type].flat();
      return (value, context) =>
        typeof value !== kind || value === null || must(value as never, context?.rootData as unknown[]) === undefined;
    },
  });
  return ajv;
}

import Type, { type TProperties, type TSchema } from 'typebox';

const INT32 = 2_147_483_647;
type Annotations = Record<string, unknown>;

/*
 * The parts of requests and replies, as TypeBox schemas: JSON Schema 2020-12 that also types the handler. Each has a
 * bound, as the OWASP rules require. A schema with an `$id` is a component of the OpenAPI document and is referred to
 * by that name.
 */

/** Every member is named; `Type.Optional` marks one that may be absent. */
export const closed = <P extends TProperties>(members: P, more: Annotations = {}) =>
  Type.Object(members, { additionalProperties: false, ...more });

export const list = <T extends TSchema>(items: T, maxItems: number, more: Annotations = {}) =>
  Type.Array(items, { maxItems, ...more });

/** Text that PostgreSQL can store: no NUL. */
export const text = (maxLength: number, more: Annotations = {}) =>
  Type.String({ maxLength, pattern: '^[^\\u0000]*$', ...more });

export const pattern = (expression: string, maxLength: number, more: Annotations = {}) =>
  Type.String({ maxLength, pattern: expression, ...more });

export const choice = <const T extends string>(values: readonly T[], more: Annotations = {}) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], ...more });

export const integer = (minimum: number, maximum = INT32, more: Annotations = {}) =>
  Type.Integer({ format: maximum > INT32 ? 'int64' : 'int32', minimum, maximum, ...more });

/** Beyond 32 bits, up to the largest integer that a JSON number represents exactly. */
export const count = (more: Annotations = {}) => integer(0, Number.MAX_SAFE_INTEGER, more);

export const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** An open map: any name, one kind of value. */
export const map = (values: TSchema, maxProperties: number, more: Annotations = {}) =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties, additionalProperties: values, ...more });

/** Any members. */
export const open = (more: Annotations = {}, maxProperties = 500) =>
  Type.Unsafe<Record<string, unknown>>({ type: 'object', maxProperties, additionalProperties: true, ...more });

/** A component by its name, if the schema is generated from a contract. */
export const refTo = (name: string) => Type.Ref(`#/components/schemas/${name}`);

export const boolean = Type.Boolean();
export const bytes = (maxLength: number) => Type.String({ format: 'binary', maxLength });
export const uri = (maxLength: number, more: Annotations = {}) => Type.String({ format: 'uri', maxLength, ...more });
export const instant = Type.String({ format: 'date-time', maxLength: 35 });
export const uuid = Type.String({ format: 'uuid', maxLength: 36 });
export const name = pattern('^[a-z][a-z0-9_]*$', 63);
export const slug = pattern('^[a-z][a-z0-9-]*$', 63);
export const datasetName = pattern('^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$', 130);
export const contractId = pattern('^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*/v[1-9][0-9]*$', 140);
export const relativePath = (maxLength: number) => Type.String({ format: 'uri-reference', maxLength });
export const title = closed({ zh: text(500), en: text(500) }, { $id: 'Title' });

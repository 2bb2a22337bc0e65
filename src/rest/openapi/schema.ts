/** A JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Record<string, unknown>;

export const INT32 = 2_147_483_647;

export const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Closed: every member is named. `required` is every member unless said otherwise. */
export function object(
  properties: Record<string, Schema>,
  required: readonly string[] = Object.keys(properties),
): Schema {
  return {
    type: 'object',
    ...(required.length === 0 ? {} : { required: [...required] }),
    properties,
    additionalProperties: false,
  };
}

export function list(items: Schema, maxItems: number, more: Schema = {}): Schema {
  return { type: 'array', maxItems, items, ...more };
}

/** Text as PostgreSQL can hold it: no NUL. */
export function text(maxLength: number, more: Schema = {}): Schema {
  return { type: 'string', maxLength, pattern: '^[^\\u0000]*$', ...more };
}

export function pattern(expression: string, maxLength: number, more: Schema = {}): Schema {
  return { type: 'string', maxLength, pattern: expression, ...more };
}

export const choice = (values: readonly string[], more: Schema = {}): Schema => ({
  type: 'string',
  enum: [...values],
  ...more,
});

export function integer(minimum: number, maximum: number = INT32, more: Schema = {}): Schema {
  return { type: 'integer', format: maximum > INT32 ? 'int64' : 'int32', minimum, maximum, ...more };
}

export const boolean: Schema = { type: 'boolean' };
export const instant: Schema = { type: 'string', format: 'date-time', maxLength: 35 };
export const uuid: Schema = { type: 'string', format: 'uuid', maxLength: 36 };

/** An open map: any name, one kind of value. */
export function map(values: Schema, maxProperties: number, more: Schema = {}): Schema {
  return { type: 'object', maxProperties, additionalProperties: values, ...more };
}

/** The same, or null. */
export function orNull(schema: Schema): Schema {
  if ('$ref' in schema || !('type' in schema)) return { anyOf: [schema, { type: 'null' }] };
  const { enum: values, ...rest } = schema;
  return {
    ...rest,
    type: [...[schema.type as string | string[]].flat(), 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}

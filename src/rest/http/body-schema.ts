import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '../../platform/json-pointer.js';
import { packageRoot } from '../../platform/paths.js';

type Schema = Record<string, unknown>;

/** A schema of `schemas/` as the body of a route: the request is checked by the schema that OpenAPI shows. */
export function bodySchema(name: 'application' | 'grant' | 'code-list' | 'upstream' | 'working-days'): Schema {
  const text = readFileSync(join(packageRoot, 'schemas', `${name}.schema.json`), 'utf8');
  const { $schema: _, $id: __, ...schema } = JSON.parse(text) as Schema;
  return schema;
}

/** The members of what a grant agrees on, for bodies that have some of them. */
export function grantMembers(): Schema {
  const { properties } = bodySchema('grant');
  return isObject(properties) ? properties : {};
}

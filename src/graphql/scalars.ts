import {
  GraphQLBoolean,
  GraphQLID,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import { pascal } from '../catalog/names.js';
import { type FieldType, typeOf } from '../standard/type.js';

/** Points and geometries (GeoJSON), output only, as they are. */
const JsonScalar = new GraphQLScalarType({ name: 'JSON', description: 'GeoJSON (RFC 7946)' });

export const idType = GraphQLID;

const SCALARS = { String: GraphQLString, Int: GraphQLInt, Boolean: GraphQLBoolean, JSON: JsonScalar };

/** Output type of a field. */
export function outputType(type: FieldType): GraphQLOutputType {
  const scalar = valueType(type);
  return type.of === undefined ? scalar : new GraphQLList(scalar);
}

/** Type of one value of a field: a key, a filter, an item of a list. */
export function valueType(type: FieldType): GraphQLScalarType {
  return SCALARS[typeOf(type).graphql(type)];
}

/** One input object per type of the standard (`TextFilter`), with exactly the operators of the type table. */
export function makeFilters(): { types: ReadonlySet<string>; of(type: FieldType): GraphQLInputObjectType } {
  const made = new Map<string, GraphQLInputObjectType>();
  const types = new Set<string>();
  return {
    types,
    of(type) {
      const name = `${pascal(type.name)}${type.bits === 64 ? '64' : ''}Filter`;
      let filter = made.get(name);
      if (filter === undefined) {
        filter = new GraphQLInputObjectType({ name, fields: operatorFields(type) });
        made.set(name, filter);
        types.add(name);
      }
      return filter;
    },
  };
}

function operatorFields(type: FieldType): GraphQLInputFieldConfigMap {
  const value = valueType(type);
  const fields: GraphQLInputFieldConfigMap = {};
  for (const op of typeOf(type).operators) {
    const many = op === 'in' || op === 'nin';
    fields[op] = {
      type: op === 'null' ? GraphQLBoolean : many ? new GraphQLList(new GraphQLNonNull(value)) : value,
    };
  }
  return fields;
}

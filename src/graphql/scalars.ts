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
import { type FieldType, TYPES } from '../standard/type.js';
import { pascal } from './names.js';

/** Points and geometries (GeoJSON), output only, as they are. */
const JsonScalar = new GraphQLScalarType({ name: 'JSON', description: 'GeoJSON (RFC 7946)' });

export const idType = GraphQLID;

/** Output type of a field, from the type table. */
export function outputType(type: FieldType): GraphQLOutputType {
  switch (TYPES[type.name].graphql(type)) {
    case 'Int':
      return GraphQLInt;
    case 'Boolean':
      return GraphQLBoolean;
    case 'JSON':
      return JsonScalar;
    case '[String]':
      return new GraphQLList(GraphQLString);
    default:
      return GraphQLString;
  }
}

/** Input type of one value of a field (a key). */
export function valueType(type: FieldType): GraphQLScalarType {
  const name = TYPES[type.name].graphql(type);
  return name === 'Int' ? GraphQLInt : name === 'Boolean' ? GraphQLBoolean : GraphQLString;
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
  for (const op of TYPES[type.name].operators) {
    const many = op === 'in' || op === 'nin';
    fields[op] = {
      type: op === 'null' ? GraphQLBoolean : many ? new GraphQLList(new GraphQLNonNull(value)) : value,
    };
  }
  return fields;
}

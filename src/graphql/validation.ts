import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import type { ProblemCode } from '../platform/errors.js';
import { itemAt } from '../platform/known.js';
import { graphqlError } from './error.js';
import type { SchemaIndex } from './schema.js';

/** Codes of rules that have a better code than `bad-body`. */
const CODES: Readonly<Record<string, ProblemCode>> = {
  FieldsOnCorrectTypeRule: 'unknown-field',
  KnownArgumentNamesRule: 'unknown-parameter',
  UniqueArgumentNamesRule: 'repeated-parameter',
  UniqueInputFieldNamesRule: 'repeated-parameter',
  ValuesOfCorrectTypeRule: 'bad-value',
  VariablesInAllowedPositionRule: 'bad-value',
  MaxIntrospectionDepthRule: 'too-complex',
  NoSchemaIntrospectionCustomRule: 'unknown-field',
};

const MAX_ERRORS = 10;

/**
 * The rules of the specification. Their messages quote names of the schema and of the document but no value: graphql-js prints literals, and a
 * literal can be an identity number. Similar names are suggested only where introspection is on.
 */
export function validateSafely(index: SchemaIndex, document: DocumentNode, introspection: boolean): GraphQLError[] {
  const rules = introspection ? specifiedRules : [...specifiedRules, NoSchemaIntrospectionCustomRule];
  const errors = validate(
    index.schema,
    document,
    rules.map((rule) => safely(rule, index)),
    { maxErrors: MAX_ERRORS, hideSuggestions: !introspection },
  );
  return errors.map((error) => (error.extensions.problem === undefined ? graphqlError('bad-body') : error));
}

function safely(rule: ValidationRule, index: SchemaIndex): ValidationRule {
  return (context) => {
    const reporting: ValidationContext = Object.create(context, {
      reportError: { value: (error: GraphQLError) => context.reportError(safe(error, rule.name, context, index)) },
    });
    return rule(reporting);
  };
}

function safe(error: GraphQLError, rule: string, context: ValidationContext, index: SchemaIndex): GraphQLError {
  const nodes = error.nodes ?? [];
  if (rule === 'NoSchemaIntrospectionCustomRule') {
    return graphqlError('unknown-field', { message: 'Introspection is off here.', nodes });
  }
  if (rule !== 'ValuesOfCorrectTypeRule') {
    return graphqlError(CODES[rule] ?? 'bad-body', { message: error.message, nodes });
  }
  const unknown = /^Field "(\w+)" is not defined by type "(\w+)"/.exec(error.message);
  if (unknown !== null) {
    return graphqlError(codeOfInputField(itemAt(unknown, 1), itemAt(unknown, 2), index), {
      message: error.message,
      nodes,
    });
  }
  return graphqlError('bad-value', { message: `Expected a value of type "${context.getInputType()}".`, nodes });
}

/** Why an input object has no field of this name: the same three codes as in REST. */
export function codeOfInputField(name: string, type: string, index: SchemaIndex): ProblemCode {
  if (index.filters.has(type)) return 'unknown-operator';
  const contract = index.wheres.get(type);
  return contract?.fields.has(name) === true ? 'not-filterable' : 'unknown-field';
}

/** The first name in `value` that its input type does not have. For variables, where graphql-js reports it only as text. */
export function findUnknownInput(
  value: unknown,
  typeName: string,
  schema: GraphQLSchema,
): { name: string; type: string } | undefined {
  const type = schema.getType(typeName);
  if (!isInputObjectType(type) || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return firstOf(value, (item) => findUnknownInput(item, typeName, schema));
  const fields = type.getFields();
  return firstOf(Object.entries(value), ([name, part]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return { name, type: typeName };
    return findUnknownInput(part, getNamedType(field.type).name, schema);
  });
}

function firstOf<Item, Found>(items: readonly Item[], find: (item: Item) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

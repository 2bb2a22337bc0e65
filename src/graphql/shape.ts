import type { FieldNode, GraphQLField, GraphQLObjectType, OperationDefinitionNode } from 'graphql';
import { getNamedType, isObjectType } from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { itemAt } from '../platform/known.js';
import type { Selection } from '../query/ask.js';
import type { Documents, Prepared } from './document.js';
import { LIMITS, tooComplex } from './limits.js';
import type { RootShape, Shape } from './root-shape.js';
import type { RootField } from './schema.js';

export type { RootShape, Shape } from './root-shape.js';

type Variables = Record<string, unknown>;
type Collected = ReadonlyMap<string, readonly FieldNode[]>;

const MAX_SHAPES = 16;

/** What an operation asks: fragments expanded, @skip and @include decided, equal keys merged. Throws Refusal `too-complex`. */
export function shapeOf(
  documents: Documents,
  prepared: Prepared,
  operation: OperationDefinitionNode,
  variables: Variables,
): Shape {
  const switches = prepared.switches.map((name) => String(variables[name])).join(' ');
  const key = `${operation.name?.value ?? ''} ${switches}`;
  const known = prepared.shapes.get(key);
  if (known !== undefined) return known;
  const shape = new ShapeWalk(documents, prepared, variables).roots(operation);
  if (prepared.shapes.size < MAX_SHAPES) prepared.shapes.set(key, shape);
  return shape;
}

interface Gathered {
  fields: Set<string>;
  relations: Map<string, Gathered>;
  weight: number;
  /** Relations between this level and the root. */
  level: number;
}
const gather = (level: number): Gathered => ({ fields: new Set(), relations: new Map(), weight: 0, level });

/** One walk over an operation. It counts what it visits, because fragments can expand without end. */
class ShapeWalk {
  readonly #documents: Documents;
  readonly #prepared: Prepared;
  readonly #variables: Variables;
  #visited = 0;
  #joins = 0;

  constructor(documents: Documents, prepared: Prepared, variables: Variables) {
    this.#documents = documents;
    this.#prepared = prepared;
    this.#variables = variables;
  }

  roots(operation: OperationDefinitionNode): Shape {
    const { schema, roots } = this.#documents.index;
    const query = schema.getQueryType();
    if (!query) throw new Error('The schema has no query type.');
    const shape: RootShape[] = [];
    let introspections = 0;
    const top = collectFields(schema, this.#prepared.fragments, this.#variables, query, operation.selectionSet);
    for (const [groupKey, nodes] of top) {
      const name = nameOf(nodes);
      if (name === '__schema' || name === '__type') introspections += 1;
      if (query.getFields()[name] === undefined || name === '_standard') continue;
      const groupType = typeOf(query, name);
      for (const [key, fieldNodes] of this.#below(groupType, nodes, 1)) {
        const root = roots.get(`${groupType.name}.${nameOf(fieldNodes)}`);
        if (root !== undefined) shape.push(this.#root(root, [groupKey, key], groupType, fieldNodes));
      }
    }
    if (shape.length > LIMITS.roots) throw tooComplex(`At most ${LIMITS.roots} dataset fields.`);
    if (introspections > LIMITS.introspections) throw tooComplex('Too many introspections in one request.');
    return shape;
  }

  #below(type: GraphQLObjectType, nodes: readonly FieldNode[], depth: number): Collected {
    if (depth > LIMITS.depth) throw tooComplex(`At most ${LIMITS.depth} fields deep.`);
    const { schema } = this.#documents.index;
    const fields = collectSubfields(schema, this.#prepared.fragments, this.#variables, type, nodes);
    for (const merged of fields.values()) this.#visited += merged.length;
    if (this.#visited > LIMITS.fields) throw tooComplex(`At most ${LIMITS.fields} fields.`);
    return fields;
  }

  #root(
    root: RootField,
    path: readonly [string, string],
    group: GraphQLObjectType,
    nodes: readonly FieldNode[],
  ): RootShape {
    const definition = fieldOf(group, nameOf(nodes));
    const type = typeOf(group, nameOf(nodes));
    const gathered = gather(0);
    this.#joins = 0;
    const shape = { ...root, path, definition, node: itemAt(nodes, 0), wantsRows: true, wantsCount: false };
    if (root.kind === 'one') {
      this.#row(type, nodes, 3, gathered);
    } else {
      const seen = this.#connection(type, nodes, gathered);
      shape.wantsRows = seen.has('nodes') || seen.has('edges') || seen.has('pageInfo');
      shape.wantsCount = seen.has('totalCount');
    }
    return { ...shape, selection: selectionOf(gathered), weight: gathered.weight };
  }

  #connection(type: GraphQLObjectType, nodes: readonly FieldNode[], into: Gathered): ReadonlySet<string> {
    const seen = new Set<string>();
    for (const fields of this.#below(type, nodes, 2).values()) {
      const name = nameOf(fields);
      seen.add(name);
      if (name === 'nodes') this.#row(typeOf(type, name), fields, 3, into);
      if (name !== 'edges') continue;
      const edge = typeOf(type, name);
      for (const inner of this.#below(edge, fields, 3).values()) {
        if (nameOf(inner) === 'node') this.#row(typeOf(edge, 'node'), inner, 4, into);
        else into.weight += 1;
      }
    }
    return seen;
  }

  #row(type: GraphQLObjectType, nodes: readonly FieldNode[], depth: number, into: Gathered): void {
    for (const fields of this.#below(type, nodes, depth).values()) {
      const name = nameOf(fields);
      into.weight += 1;
      if (name === '_id' || name === '__typename') continue;
      if (itemAt(fields, 0).selectionSet === undefined) {
        into.fields.add(name);
        continue;
      }
      const relation = into.relations.get(name) ?? this.#join(into, name);
      this.#row(typeOf(type, name), fields, depth + 1, relation);
      into.weight += 10 + relation.weight;
    }
  }

  #join(into: Gathered, name: string): Gathered {
    this.#joins += 1;
    if (into.level >= LIMITS.relationDepth) throw tooComplex(`At most ${LIMITS.relationDepth} relations deep.`);
    if (this.#joins > LIMITS.relations) throw tooComplex(`At most ${LIMITS.relations} relations of one dataset field.`);
    const relation = gather(into.level + 1);
    into.relations.set(name, relation);
    return relation;
  }
}

/** Merged nodes have the same name. */
function nameOf(nodes: readonly FieldNode[]): string {
  return itemAt(nodes, 0).name.value;
}

function fieldOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  const field = type.getFields()[name];
  if (field === undefined) throw new Error(`${type.name} has no field ${name}.`);
  return field;
}

/** The type of the objects that a field gives. */
function typeOf(type: GraphQLObjectType, name: string): GraphQLObjectType {
  const inner = getNamedType(fieldOf(type, name).type);
  if (!isObjectType(inner)) throw new Error(`${type.name}.${name} gives no objects.`);
  return inner;
}

function selectionOf({ fields, relations }: Gathered): Selection {
  return {
    fields: [...fields],
    relations: new Map([...relations].map(([name, inner]) => [name, selectionOf(inner)])),
  };
}

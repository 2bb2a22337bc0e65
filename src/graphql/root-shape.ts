import type { FieldNode, GraphQLField } from 'graphql';
import type { Selection } from '../query/ask.js';
import type { RootField } from './schema.js';

/** One dataset field of a document, with everything that its variables' values don't decide. */
export interface RootShape extends RootField {
  /** Response path: the publisher's key and the field's. */
  path: readonly [string, string];
  definition: GraphQLField<unknown, unknown>;
  node: FieldNode;
  selection: Selection;
  /** True where rows, edges or page information are looked at, and not the count alone. */
  wantsRows: boolean;
  wantsCount: boolean;
  /** Values of one row, a relation counted as ten. */
  weight: number;
}
export type Shape = readonly RootShape[];

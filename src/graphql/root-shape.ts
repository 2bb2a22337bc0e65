import type { FieldNode, GraphQLField } from 'graphql';
import type { Selection } from '../query/ask.js';
import type { RootField } from './schema.js';

/** One dataset field of a document, with everything that does not depend on values of variables. */
export interface RootShape extends RootField {
  /** Response path: the keys of the publisher and of the field. */
  path: readonly [string, string];
  definition: GraphQLField<unknown, unknown>;
  node: FieldNode;
  selection: Selection;
  /** Whether rows, edges or page information are selected, not only the count. */
  wantsRows: boolean;
  wantsCount: boolean;
  /** Values in one row; a relation counts as ten. */
  weight: number;
}
export type Shape = readonly RootShape[];

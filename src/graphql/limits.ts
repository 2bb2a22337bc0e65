import { type DocumentNode, Kind, visit } from 'graphql';
import { ASK_LIMITS } from '../query/limits.js';
import { refuse } from './error.js';

/** Limits of one document, all checked before execution. */
export const LIMITS = {
  tokens: 2_000,
  aliases: 60,
  directives: 60,
  /** Fields below the operation, the publisher's group included. */
  depth: 12,
  /** Joins of one statement; the same depth as REST's _expand. */
  relationDepth: ASK_LIMITS.relationDepth,
  relations: 20,
  /** Dataset fields per request: each costs a statement and a decision. */
  roots: 10,
  /** `__schema` and `__type` per request. */
  introspections: 4,
  /** Fields visited while fragments are expanded. */
  fields: 3_000,
  /** Values that could leave: Σ rows × (fields + 10 × relations). */
  cost: 250_000,
  /** Nesting of the raw variables. */
  variableDepth: 24,
  conditionDepth: ASK_LIMITS.conditionDepth,
  conditionLeaves: ASK_LIMITS.conditionLeaves,
  listValues: ASK_LIMITS.listValues,
  /** Bytes of a POST body. */
  bodyBytes: 512 * 1024,
} as const;

/** Counts what can be counted before validation, because the cost of validation grows with it. Throws Refusal `too-complex`. */
export function checkSize(document: DocumentNode): void {
  let aliases = 0;
  let directives = 0;
  visit(document, {
    [Kind.FIELD](node) {
      if (node.alias !== undefined) aliases += 1;
    },
    [Kind.DIRECTIVE]() {
      directives += 1;
    },
  });
  if (aliases > LIMITS.aliases) throw tooComplex(`At most ${LIMITS.aliases} aliases.`);
  if (directives > LIMITS.directives) throw tooComplex(`At most ${LIMITS.directives} directives.`);
}

export const tooComplex = (message: string) => refuse('too-complex', { message });

/** Whether JSON is nested deeper than `limit`. Stops at the limit, so that no input can exhaust the stack. */
export function isDeeper(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return limit === 0 || Object.values(value).some((part) => isDeeper(part, limit - 1));
}

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  visit,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { Refusal, refuse } from './error.js';
import { checkSize, LIMITS, tooComplex } from './limits.js';
import type { Shape } from './root-shape.js';
import type { SchemaIndex } from './schema.js';
import { validateSafely } from './validation.js';

/** A document that is parsed, within limits, and valid under one schema. */
export interface Prepared {
  text: string;
  document: DocumentNode;
  operations: readonly OperationDefinitionNode[];
  fragments: Record<string, FragmentDefinitionNode>;
  /** Variables used in @skip and @include anywhere in the document: of all variables only these change the shape. */
  switches: readonly string[];
  /** By operation and switches; bounded. */
  shapes: Map<string, Shape>;
}

const MAX_DOCUMENTS = 256;
const MAX_CACHED_CHARACTERS = 8_192;

/** Cache of valid documents of one schema by their text; drops the least recently used. Refused documents are not kept. */
export class Documents {
  readonly index: SchemaIndex;
  readonly #introspection: boolean;
  readonly #prepared = new LRUCache<string, Prepared>({ max: MAX_DOCUMENTS });

  constructor(index: SchemaIndex, introspection: boolean) {
    this.index = index;
    this.#introspection = introspection;
  }

  /** Throws Refusal. */
  prepare(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const prepared = this.#make(text);
    if (text.length <= MAX_CACHED_CHARACTERS) this.#prepared.set(text, prepared);
    return prepared;
  }

  #make(text: string): Prepared {
    const document = parseText(text);
    checkSize(document);
    const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    const errors = validateSafely(this.index, document, this.#introspection);
    // Checked first, for any operation: the schema has no mutation and no subscription.
    const other = operations.find(({ operation }) => operation !== 'query');
    if (other !== undefined) {
      throw refuse('method-not-allowed', { message: 'Only queries are answered here.', nodes: other });
    }
    if (errors.length > 0) throw new Refusal(errors);
    const fragments: Prepared['fragments'] = Object.create(null);
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node;
    }
    return { text, document, operations, fragments, switches: switchesOf(document), shapes: new Map() };
  }
}

function parseText(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: LIMITS.tokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    if (error.message.includes('Document contains more that')) throw tooComplex(`At most ${LIMITS.tokens} tokens.`);
    throw new Refusal([
      new GraphQLError(withoutLiterals(error.message), {
        source: error.source ?? null,
        positions: error.positions ?? null,
        extensions: { code: 'BAD_REQUEST', problem: 'bad-body' },
      }),
    ]);
  }
}

/** Cuts a syntax error's text before the first quoted thing that is more than punctuation. */
function withoutLiterals(message: string): string {
  return message.replace(/[\s,]*"(?![^\w\s"]{1,3}")[\s\S]*$/, '').slice(0, 200);
}

function switchesOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    [Kind.DIRECTIVE](directive) {
      for (const { value } of directive.arguments ?? []) {
        if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      }
    },
  });
  return [...names];
}

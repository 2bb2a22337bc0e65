/** The limits of one ask, for REST, GraphQL and the OpenAPI document. */
export const ASK_LIMITS = {
  /** Rows of a page. */
  page: { least: 1, most: 1_000, default: 100 },
  /** Keys of one lookup. */
  keys: 1_000,
  conditionDepth: 4,
  /** Comparisons of one condition. */
  conditionLeaves: 50,
  /** Values in the lists of one condition. */
  listValues: 5_000,
  /** Values in one list of a URL. */
  urlListValues: 100,
  /** Relations that one ask expands. */
  expanded: 10,
  relationDepth: 4,
} as const;

/** One operation of the document. */
export interface OpenapiOperation {
  parameters?: Record<string, unknown>[];
  responses: Record<string, Record<string, unknown>>;
  [member: string]: unknown;
}

/** An OpenAPI 3.1 document as plain data. */
export interface OpenapiDocument {
  openapi: string;
  tags: readonly { name: string }[];
  paths: Record<string, Record<string, OpenapiOperation>>;
  components: Record<string, Record<string, unknown>>;
  [member: string]: unknown;
}

/** A catalog's document as served. */
export interface OpenapiTexts {
  json: string;
  yaml: string;
  /** JSON of each contract's part, by id. */
  contracts: ReadonlyMap<string, string>;
}

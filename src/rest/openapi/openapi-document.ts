import type { Schema } from './schema.js';

/** One operation as the generator wrote it. */
export interface WrittenOperation {
  parameters?: Record<string, unknown>[];
  responses: Record<string, Record<string, unknown>>;
}

/** An OpenAPI 3.1 document as plain data. */
export interface OpenapiDocument {
  openapi: string;
  paths: Record<string, Record<string, WrittenOperation>>;
  components: Record<string, Record<string, Schema>>;
  [member: string]: unknown;
}

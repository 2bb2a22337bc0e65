import type { OperationContext } from '../../src/rest/operation.js';

/** What operations are served with, where a test runs some of them without a whole node. `exchange` has only the parts that these need. */
export function operationContext(parts: { exchange: object; checkpoints?: object }): OperationContext {
  return {
    ...parts,
    running: new Set(),
    readiness: { reasons: () => [] },
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
  } as unknown as OperationContext;
}

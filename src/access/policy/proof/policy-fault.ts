import { Problem } from '../../../platform/errors.js';

/** The log holds something else than what was recorded: nothing is decided on it. The message is one line: what, where, and the remedy. */
export class PolicyFault extends Problem {
  constructor(what: string) {
    super(
      'audit-unavailable',
      `The audit log was altered: ${what}. Keep this database as evidence, and restore a backup that \`exchange audit verify\` accepts.`,
    );
  }
}

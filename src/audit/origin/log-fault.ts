import { Problem } from '../../platform/errors.js';

const REMEDY =
  'Bring back the database that has them: the replica that was ahead, or a newer backup. Until then nothing is answered.';

/** The log in the database is not the one that this node or the signer knows. Nothing is answered or written. */
export class LogFault extends Problem {
  private constructor(what: string) {
    super('audit-unavailable', `${what} ${REMEDY}`, { retryAfter: 5 });
  }

  /** @param by who knows of more entries */
  static shorter(held: number, known: number, by: string): LogFault {
    return new LogFault(`The database holds ${held} audit entries, but ${by} knows of ${known}: it was set back.`);
  }

  static other(known: number, by: string): LogFault {
    return new LogFault(
      `The first ${known} audit entries in the database are not those that ${by} knows: it has another history.`,
    );
  }

  static damaged(size: number): LogFault {
    return new LogFault(`The audit log in the database is damaged: its entries do not give its head of ${size}.`);
  }
}

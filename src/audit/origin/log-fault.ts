import { Problem } from '../../platform/errors.js';

const REMEDY =
  'Bring back the database that has them: the replica that was ahead, or a newer backup. Where they are lost for good: exchange audit new-origin. Until then nothing is answered.';

/** The log in the database is not the one that this node or the signer knows. Nothing is answered or written. */
export class LogFault extends Problem {
  readonly kind: 'shorter' | 'other' | 'newer' | 'unsigned' | 'damaged';

  private constructor(kind: LogFault['kind'], what: string, remedy = REMEDY) {
    super('audit-unavailable', `${what} ${remedy}`, { retryAfter: 5 });
    this.kind = kind;
  }

  /** @param by who knows of more entries */
  static shorter(held: number, known: number, by: string): LogFault {
    return new LogFault(
      'shorter',
      `The database holds ${held} audit entries, but ${by} knows of ${known}: it was set back.`,
    );
  }

  static other(known: number, by: string): LogFault {
    return new LogFault(
      'other',
      `The first ${known} audit entries in the database are not those that ${by} knows: it has another history.`,
    );
  }

  /** @param common entries in common with the origin that this node began with */
  static newOrigin(common: number): LogFault {
    return new LogFault('newer', `The log goes on under a new origin since entry ${common}.`, 'Start this node again.');
  }

  /** A new origin begins, and no checkpoint of it was signed. */
  static unsigned(): LogFault {
    return new LogFault(
      'unsigned',
      'A new origin of the log was begun and not signed.',
      'Run again: exchange audit new-origin.',
    );
  }

  static damaged(size: number): LogFault {
    return new LogFault(
      'damaged',
      `The audit log in the database is damaged: its entries do not give its head of ${size}.`,
      'Keep this database as evidence, and bring back one that is whole: a replica, or a backup. Until then nothing is answered.',
    );
  }
}

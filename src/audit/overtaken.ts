import { Problem } from '../platform/errors.js';

/** The basis of a decision changed before its entry committed. `recorded` decides again; elsewhere it is a conflict. */
export class Overtaken extends Problem {
  /** The policy epoch at the commit; undefined where the token or the grant had ended. */
  readonly epoch: number | undefined;

  constructor(epoch?: number) {
    super('conflict', 'The basis of this decision has changed or expired meanwhile: decide again');
    this.epoch = epoch;
  }
}

import { Problem } from '../platform/errors.js';

/** What an entry was decided by no longer held at its commit. `recorded` decides again; elsewhere it is a conflict. */
export class Overtaken extends Problem {
  /** The policy epoch at the commit; undefined where the token or the grant had ended. */
  readonly epoch: number | undefined;

  constructor(epoch?: number) {
    super('conflict', 'What this was decided by has changed or run out meanwhile: decide again');
    this.epoch = epoch;
  }
}

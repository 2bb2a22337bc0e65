import { bornMatchesNumber } from './row/born-matches-number.js';
import { checksum } from './row/checksum.js';
import { codeInList } from './row/code-in-list.js';
import { dateNotInFuture } from './row/date-not-in-future.js';
import { fromBeforeUntil } from './row/from-before-until.js';
import { genderMatchesNumber } from './row/gender-matches-number.js';
import { requiredFilled } from './row/required-filled.js';
import { rowReadable } from './row/row-readable.js';
import { valueInForm } from './row/value-in-form.js';
import type { Rule } from './rule.js';
import { eventStepsInOrder } from './set/event-steps-in-order.js';
import { gridInCommunity } from './set/grid-in-community.js';
import { gridSize } from './set/grid-size.js';
import { headExists } from './set/head-exists.js';
import { keyUnique } from './set/key-unique.js';
import { referenceExists } from './set/reference-exists.js';
import { urbanGridWorker } from './set/urban-grid-worker.js';

/** Every named rule. Reports use this order for equally bad faults. */
export const RULES: readonly Rule[] = [
  rowReadable,
  valueInForm,
  codeInList,
  requiredFilled,
  checksum,
  keyUnique,
  bornMatchesNumber,
  genderMatchesNumber,
  dateNotInFuture,
  fromBeforeUntil,
  gridInCommunity,
  headExists,
  referenceExists,
  eventStepsInOrder,
  gridSize,
  urbanGridWorker,
];

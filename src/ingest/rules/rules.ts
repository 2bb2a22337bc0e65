import { bornMatchesNumber } from './born-matches-number.js';
import { checksum } from './checksum.js';
import { codeInList } from './code-in-list.js';
import { dateNotInFuture } from './date-not-in-future.js';
import { eventStepsInOrder } from './event-steps-in-order.js';
import { fromBeforeUntil } from './from-before-until.js';
import { genderMatchesNumber } from './gender-matches-number.js';
import { gridInCommunity } from './grid-in-community.js';
import { gridSize } from './grid-size.js';
import { headExists } from './head-exists.js';
import { keyUnique } from './key-unique.js';
import { referenceExists } from './reference-exists.js';
import { requiredFilled } from './required-filled.js';
import { rowReadable } from './row-readable.js';
import type { Rule } from './rule.js';
import { urbanGridWorker } from './urban-grid-worker.js';
import { valueInForm } from './value-in-form.js';

/** Every named rule, in the order in which reports list what is equally bad. */
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

import t from 'tap';
import { deliverPeople, people } from '../failure/residents.js';
import { disableUnderLoad, revokeUnderLoad } from '../failure/withdrawing.js';
import { testNode } from '../support/node.js';

// The property of test/failure/revocation.test.ts over many rounds: the withdrawal meets every phase of a commit.
const ROUNDS = 20;

const first = await testNode(t);
await deliverPeople(first, people(8));
const second = await testNode(t, { beside: first });
await second.register('operator', { roles: ['operator'] });

for (let round = 1; round <= ROUNDS; round++) {
  t.test(`round ${round}: revoked`, (t) => revokeUnderLoad(t, [first, second], `revoked-${round}`));
  if (round % 4 === 0)
    t.test(`round ${round}: disabled`, (t) => disableUnderLoad(t, [first, second], `disabled-${round}`));
}

import { Overtaken } from '../../src/audit/overtaken.js';
import { recorded } from '../../src/audit/recorded.js';
import { Problem } from '../../src/platform/errors.js';
import t from '../support/tap.js';
import { WAYS_INTO_THE_LOG } from '../support/ways-into-the-log.js';

/** A policy of which `current` is the epoch, and what was reached. */
function policyAt(epoch: number) {
  const reached: number[] = [];
  const reach = async (to: number) => {
    reached.push(to);
    epoch = to;
    return epoch;
  };
  return { policy: { current: () => epoch, reach }, reached };
}

t.test('what happens to an act, by what its attempts meet', async (t) => {
  const ended = new Overtaken();
  const table: [string, readonly (Error | 'given')[], string, number[]][] = [
    ['nothing', ['given'], 'given on 1', []],
    ['one change', [new Overtaken(2), 'given'], 'given on 2', [2]],
    [
      'seven changes',
      [2, 3, 4, 5, 6, 7, 8].map((to): Error | 'given' => new Overtaken(to)).concat('given'),
      'given on 8',
      [2, 3, 4, 5, 6, 7, 8],
    ],
    [
      'eight changes',
      Array.from({ length: 9 }, (_, i) => new Overtaken(i + 2)),
      'unavailable',
      [2, 3, 4, 5, 6, 7, 8, 9],
    ],
    ['one end', [ended, 'given'], 'given on 1', []],
    ['two ends', [ended, ended, 'given'], 'unauthenticated', []],
    ['an end, a change, an end', [ended, new Overtaken(2), ended, 'given'], 'unauthenticated', [2]],
    ['a change, an end', [new Overtaken(5), ended, 'given'], 'given on 5', [5]],
    ['a conflict of its own', [new Problem('conflict'), 'given'], 'conflict', []],
    ['a lost database', [new RangeError('lost'), 'given'], 'lost', []],
  ];
  for (const [name, met, expected, epochs] of table) {
    const { policy, reached } = policyAt(1);
    let attempt = 0;
    const outcome = await recorded(
      policy,
      (index) => `given on ${index}`,
      async (decided) => {
        const meets = met[attempt++]!;
        if (meets !== 'given') throw meets;
        return decided;
      },
    ).catch((error: Error) => (error instanceof Problem ? error.code : error.message));
    t.equal(outcome, expected, name);
    t.same(reached, epochs, name);
  }
});

t.test('a denial ends it, and nothing is made', async (t) => {
  const { policy } = policyAt(1);
  const deny = () => {
    throw new Problem('forbidden');
  };
  await t.rejects(
    recorded(policy, deny, async () => t.fail('made')),
    { code: 'forbidden' },
  );
});

t.test('the rule of the architecture about the log sees each way in', async (t) => {
  for (const [text, seen] of [
    ['await exchange.log.append(draft)', true],
    ['log\n    .append(draft)', true],
    ['log?.appendIn(tx, drafts, { policy: false })', true],
    ['const { append } = exchange.log;', true],
    ['const { head, append: write } = log;', true],
    ["log['append'](draft)", true],
    ["Pick<AuditLog, 'append'>", true],
    ['await enter(log, draft)', false],
    ['const reply = await append(upload, patient);', false],
    ['function f() { return append; } const a = 1', false],
  ] as const) {
    t.equal(text.match(WAYS_INTO_THE_LOG) !== null, seen, text);
  }
});

import t from 'tap';
import { checkHistory, logSize, verifyLog } from './faults/check-history.js';
import { startClients } from './faults/clients.js';
import { FAULTS } from './faults/faults.js';
import { openWorld } from './faults/world.js';

// Every fault of the table, while clients ask; what they saw is then compared with the log.
const CLIENTS = 6;
/** Answers between two rounds: the clients are back at work. */
const BETWEEN = 12;

const world = await openWorld(t, { nodes: 2 });
/** FAULTS='disk|clock' runs the rows whose name matches. */
const chosen = FAULTS.filter(({ name }) => new RegExp(process.env.FAULTS ?? '').test(name));

for (const fault of chosen) {
  const absent = fault.absent?.(world);
  const expected = fault.expected !== undefined && process.env[fault.expected] !== undefined;
  if (absent !== undefined && expected) t.fail(`${fault.name}: ${absent}`);
  t.test(
    `${fault.rounds} rounds: ${fault.name}`,
    absent === undefined ? {} : { skip: `NOT TRIED: ${absent}` },
    async (t) => {
      const from = await logSize(world);
      const inject = await fault.prepare(world, (handler) => t.teardown(handler));
      await world.allReady();
      const history = await startClients(world, { as: 'grid-app', clients: CLIENTS });
      const begun = performance.now();
      for (let round = 0; round < fault.rounds; round++) {
        await history.more(BETWEEN);
        await inject(round, history);
      }
      const each = (performance.now() - begun) / fault.rounds / 1_000;
      await world.allReady();
      await history.more(BETWEEN);
      await history.stop();
      const { requests, answers, refused, open, entries } = await checkHistory(t, world, history.seen, from);
      t.comment(
        `${each.toFixed(1)} s a round; ${requests} requests: ${answers} answers, ${refused} refused, ${open} open; ${entries} entries`,
      );
      t.ok(answers > fault.rounds, 'there were answers to compare');
    },
  );
}

t.test('the log verifies', (t) => verifyLog(t, world));

import { existsSync } from 'node:fs';
import t from 'tap';
import { checkWorld } from './faults/check-history.js';
import { startClients } from './faults/clients.js';
import { clockEnvironment, FAKETIME, FAULTS } from './faults/faults.js';
import { openWorld } from './faults/world.js';

// Every fault of the table, while clients ask; what they saw is then compared with the log.
const CLIENTS = 6;
/** Answers between two rounds: the clients are back at work. */
const BETWEEN = 12;

const clock = existsSync(FAKETIME);
const world = await openWorld(t, {
  nodes: 2,
  envOf: (at, directory) => (clock && at === 0 ? clockEnvironment(`${directory}/node-1`) : {}),
});

for (const fault of FAULTS) {
  const absent = fault.absent?.();
  const expected = fault.expected !== undefined && process.env[fault.expected] !== undefined;
  if (absent !== undefined && expected) t.fail(`${fault.name}: ${absent}`);
  t.test(
    `${fault.rounds} rounds: ${fault.name}`,
    absent === undefined ? {} : { skip: `NOT TRIED: ${absent}` },
    async (t) => {
      const history = await startClients(world, { as: 'grid-app', clients: CLIENTS });
      for (let round = 0; round < fault.rounds; round++) {
        await history.more(BETWEEN);
        await fault.inject(world, round);
      }
      await world.allReady();
      await history.more(BETWEEN);
      await history.stop();
      const { requests, answers, refused, open, entries } = await checkWorld(t, world, history.seen);
      t.comment(`${requests} requests: ${answers} answers, ${refused} refused, ${open} open; ${entries} entries`);
      t.ok(answers > fault.rounds, 'there were answers to compare');
    },
  );
}

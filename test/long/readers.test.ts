import t from 'tap';
import { openThings } from '../ingest/things.js';

// A release never blocks readers, and readers never see half of one.
const ROWS = Number(process.env.EXCHANGE_TEST_SNAPSHOT_ROWS ?? 200_000);
const { node, thing } = await openThings(t, { deliveryLimitBytes: 1_000_000_000 });

function snapshot(name: string): string {
  return Array.from({ length: ROWS }, (_, i) => `{"code":"c${i}","part":"a","name":"${name}"}\n`).join('');
}

t.test(`${ROWS} rows are published while every read is answered from one release`, { timeout: 900_000 }, async (t) => {
  const d = await thing('wide', { 'delete-at-most': '100%' });
  await node.register('reader', { department: 'housing' });
  await node.grant({
    application: 'reader',
    dataset: d.contract.name,
    mode: 'read',
    rows: { all: true },
    masks: { owner: 'none' },
  });
  const nameOf = new Map([
    [1, 'one'],
    [2, 'two'],
  ]);
  t.match((await d.send(snapshot('one'))).body, { state: 'published', release: 1 });
  let published = false;
  const seen = new Map<number, number>();
  const faults: string[] = [];
  let longest = 0;
  const read = async () => {
    const begun = performance.now();
    const reply = await node.ask('GET', `/data/${d.contract.id}/rows?_limit=1000&_select=name`, { as: 'reader' });
    longest = Math.max(longest, performance.now() - begun);
    const { release, data } = reply.body as { release: number; data: { name: string }[] };
    const names = new Set((data ?? []).map(({ name }) => name));
    if (reply.status !== 200) faults.push(`${reply.status} ${reply.text}`);
    else if (data.length !== 1000 || names.size !== 1 || !names.has(nameOf.get(release) ?? '')) {
      faults.push(`release ${release}: ${data.length} rows named ${[...names]}`);
    }
    seen.set(release, (seen.get(release) ?? 0) + 1);
  };
  const reader = async () => {
    while (!published) await read();
    await read();
  };
  const readers = [reader(), reader()];
  const sent = await d.send(snapshot('two')).finally(() => {
    published = true;
  });
  await Promise.all(readers);
  t.match(sent.body, { state: 'published', release: 2, updated: ROWS }, sent.text);
  t.strictSame(faults, []);
  t.ok((seen.get(1) ?? 0) > 10, 'the earlier release was read meanwhile');
  t.ok((seen.get(2) ?? 0) > 0, 'and then the new one');
  t.comment(`${seen.get(1)} reads of release 1, ${seen.get(2)} of 2; the longest took ${Math.round(longest)} ms`);
});

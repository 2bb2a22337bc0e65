import type { Test } from 'tap';
import type { Reply, TestNode } from '../support/node.js';
import { entriesFrom, type Seen, startLoad } from './load.js';
import { unmasked } from './residents.js';

/** Replies needed before and after the change for a round to prove anything. */
const REPLIES = 60;

interface Withdrawal {
  /** The test judges entries of this application, or under this grant. */
  application: string;
  grant: string;
  /** Withdraws through one node; the reply has the receipt. */
  withdraw: (grant: string) => Promise<Reply>;
  /** Whether an answer to a later request is right. */
  refused: (seen: Seen) => boolean;
}

/** Two nodes under load; the right to read is withdrawn through the second. From then on nothing under it commits or leaves. */
async function withdrawUnderLoad(t: Test, nodes: readonly [TestNode, TestNode], round: Withdrawal): Promise<void> {
  const { application: as, grant } = round;
  const load = await startLoad(nodes, { as, workers: 6 });
  await load.more(REPLIES);
  const reply = await round.withdraw(grant);
  load.mark();
  t.equal(reply.status, 200, 'the withdrawal is acknowledged');
  const at = Number(/index=(\d+)/.exec(reply.headers.get('exchange-receipt')!)![1]);
  await load.more(REPLIES + 12);
  await load.stop();

  const { seen } = load;
  t.ok(seen.filter(({ data }) => data).length >= REPLIES / 2, 'there were answers before');
  t.ok(seen.filter(({ after }) => after).length >= REPLIES, 'there was asking afterwards');
  t.same(
    wrong(seen, ({ after, data }) => after && data),
    [],
    'no row leaves for what is asked afterwards',
  );
  t.same(
    wrong(seen, (one) => one.after && !round.refused(one)),
    [],
    'what is asked afterwards is refused',
  );
  t.same(
    wrong(seen, ({ data, index }) => data && index === undefined),
    [],
    'every answer has its receipt',
  );
  t.same(
    wrong(seen, ({ data, index }) => data && index! > at),
    [],
    'every answer was committed before the withdrawal',
  );

  const later = await entriesFrom(nodes[0].exchange.database.app, at + 1);
  t.ok(later.length > 0, 'the log went on');
  const under = later.filter(({ accesses }) => accesses.some((access) => access.grant === grant));
  t.same(under, [], 'no entry beyond the withdrawal names the grant');
  const success = later.filter(({ outcome, actor }) => outcome === 'success' && actor?.application === as);
  t.same(
    success.filter(({ event }) => event !== 'token.issued'),
    [],
    'no success of the application beyond it',
  );
}

function wrong(seen: readonly Seen[], is: (one: Seen) => boolean): string[] {
  return seen.filter(is).map(({ what, status, index, text }) => `${what} ${status} #${index} ${text.slice(0, 200)}`);
}

/** A fresh application whose grant is revoked. Both nodes may know the grant, or one of them learns it from the load. */
export async function revokeUnderLoad(
  t: Test,
  nodes: readonly [TestNode, TestNode],
  application: string,
): Promise<void> {
  const [first, second] = nodes;
  await first.register(application);
  const { id } = await first.grant({ application, dataset: 'police/resident', masks: unmasked(first) });
  await withdrawUnderLoad(t, nodes, {
    application,
    grant: id,
    withdraw: (grant) => second.ask('POST', `/api/v1/grants/${grant}/revoke`, { as: 'operator', body: {} }),
    refused: ({ what, status, text }) =>
      what === 'GraphQL' ? status === 200 && /"code":"(FORBIDDEN|NOT_FOUND)"/.test(text) : status === 404,
  });
}

/** A fresh application that is disabled: its running tokens end with it. */
export async function disableUnderLoad(
  t: Test,
  nodes: readonly [TestNode, TestNode],
  application: string,
): Promise<void> {
  const [first, second] = nodes;
  await first.register(application);
  const { id } = await first.grant({ application, dataset: 'police/resident', masks: unmasked(first) });
  await withdrawUnderLoad(t, nodes, {
    application,
    grant: id,
    withdraw: () => second.ask('POST', `/api/v1/applications/${application}/disable`, { as: 'operator', body: {} }),
    refused: ({ status, text }) => status === 401 || (status === 200 && /"code":"UNAUTHENTICATED"/.test(text)),
  });
}

import type { Policy, PolicyIndex } from '../../access/policy/policy.js';
import type { Clock } from '../../platform/clock.js';
import type { CallerConnection } from './connection.js';
import { watchEndedGrants } from './ended-grants.js';
import { queueKey, systemQueues } from './system-queue.js';

/** What was committed before the change has been written by then. */
const WRITTEN_MS = 200;
/** Two seconds after a revocation nothing arrives under it (access.md, to the wire); the rest is for reading the queues. */
const TAKEN_MS = 1_500;

/** Applications whose rights may have become less. */
type Lessened = 'all' | ReadonlySet<string>;

interface Marked {
  connection: CallerConnection;
  /** Written to it when the rights changed. */
  bytes: number;
}

/**
 * After a change of the policy or the end of a grant, cuts the connections of the applications that it touches where the system still holds what was
 * written before: it would arrive as late as the peer reads. A connection whose peer reads, as all ordinary ones do, is left alone. A read takes no
 * time here.
 */
export function cutWithdrawn(
  { policy, clock }: { policy: Policy; clock: Clock },
  connections: ReadonlyMap<unknown, CallerConnection>,
  cut: (connection: CallerConnection) => void,
): { close(): void } {
  let before = policy.current();
  const check = async (marked: readonly Marked[]): Promise<void> => {
    const open = marked
      .filter(({ connection: { socket } }) => !socket.destroyed)
      .map(({ connection, bytes }) => {
        const { socket } = connection;
        const written = socket.bytesWritten - socket.writableLength;
        return { connection, bytes, written, key: queueKey(socket) ?? '' };
      });
    if (open.length === 0) return;
    const queues = await systemQueues(open.map(({ key }) => key));
    if (queues === undefined) return;
    for (const { connection, bytes, written, key } of open) {
      const held = queues.get(key) ?? written; // a socket that the table never shows counts as one that holds all
      if (!connection.socket.destroyed && written - held < bytes) cut(connection);
    }
  };
  const mark = (lessened: Lessened): void => {
    const marked = [...connections.values()]
      .filter((connection) => lessened === 'all' || connection.carries(lessened))
      .map((connection) => ({ connection, bytes: connection.socket.bytesWritten }));
    if (marked.length > 0) setTimeout(() => void check(marked), TAKEN_MS).unref();
  };
  const markSoon = (lessened: Lessened): void => void setTimeout(() => mark(lessened), WRITTEN_MS).unref();
  policy.onChange((after) => {
    const lessened = lessenedBy(before, after);
    before = after;
    if (lessened === 'all' || lessened.size > 0) markSoon(lessened);
  });
  return watchEndedGrants(policy, clock, markSoon);
}

/** Unchanged records keep their identity. */
function lessenedBy(before: PolicyIndex, after: PolicyIndex): Lessened {
  if (before.catalog !== after.catalog) return 'all';
  const lessened = new Set<string>();
  for (const [id, grant] of before.grants) if (after.grants.get(id) !== grant) lessened.add(grant.application);
  for (const [id, application] of before.applications) {
    if (after.applications.get(id) !== application) lessened.add(id);
  }
  return lessened;
}

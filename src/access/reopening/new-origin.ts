import { headSize, newestCheckpoint } from '../../audit/checkpoint.js';
import { LogFault } from '../../audit/origin/log-fault.js';
import { baseOf, originName, readOrigin } from '../../audit/origin/origins.js';
import { openSeen } from '../../audit/origin/seen.js';
import { setAside } from '../../audit/origin/set-aside.js';
import { readSigned } from '../../audit/origin/signer-state.js';
import { Problem } from '../../platform/errors.js';
import type { Database } from '../../platform/postgres/database.js';
import { oneRow } from '../../platform/postgres/one-row.js';
import { withAdministrator } from '../../platform/postgres/sessions/administrator.js';
import type { By, ChangeDependencies } from '../policy/change-policy.js';
import { type BegunOrigin, beginOrigin, type OriginDraft } from './begin-origin.js';

export interface NewOrigin extends OriginDraft {
  /** Also where this machine knows of no lost entry. */
  force: boolean;
  /** As the owner of the tables. */
  databaseUrl: string;
  /** Id under which the caller itself is a node. */
  node: string;
}

/**
 * Begins a new origin where the log was set back. Rows beyond the head are set aside. Throws Problem `conflict` where a node runs, or where the log is
 * the one that was signed and nobody insists.
 */
export async function newOrigin(
  dependencies: Pick<ChangeDependencies, 'database' | 'log'>,
  asked: NewOrigin,
  by: By,
): Promise<BegunOrigin> {
  const { database } = dependencies;
  await refuseRunning(database, asked.node);
  const signed = await readSigned(asked.keys.directory);
  const base = signed === undefined ? asked.base : baseOf(signed.origin);
  const moved = await withAdministrator(asked.databaseUrl, async (client) => {
    if (!asked.force) await refuseSound(database, { ...asked, base });
    return setAside(client);
  });
  return { ...(await beginOrigin(dependencies, { ...asked, base }, by)), setAside: moved };
}

/** A node reports every second; one that is stopped by the fault still does. */
async function refuseRunning({ app }: Database, self: string): Promise<void> {
  const text = `SELECT count(*)::int AS alive FROM exchange.node WHERE id <> $1 AND seen_at > now() - interval '5 seconds'`;
  const { alive } = oneRow(await app.query<{ alive: number }>(text, [self]), 'nodes');
  if (alive === 0) return;
  throw new Problem('conflict', `Nodes of this exchange still run (${alive}): stop all of them first.`);
}

async function refuseSound({ app }: Database, { base, keys }: Pick<OriginDraft, 'base' | 'keys'>): Promise<void> {
  const origin = originName(base, await readOrigin(app));
  const signing = { directory: keys.directory, origin, key: keys.checkpointSigner, database: app };
  const size = await headSize(app);
  try {
    await (await openSeen(signing)).compare(size, await newestCheckpoint(app, origin));
  } catch (error) {
    if (error instanceof LogFault) return;
    throw error;
  }
  throw new Problem(
    'conflict',
    `The log (${size} entries) lacks nothing that this machine knows of: no new origin is needed. Where another machine knows of more: --force.`,
  );
}

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
import { openPolicy } from '../policy/open-policy.js';
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
 * Begins a new origin where the log was set back. Rows beyond the head are set aside. Throws Problem `conflict` where a node runs, and without
 * `force` where the log is the one that was signed, or another one; PolicyFault where it was altered, with `force` too.
 */
export async function newOrigin(
  dependencies: Omit<ChangeDependencies, 'policy'>,
  asked: NewOrigin,
  by: By,
): Promise<BegunOrigin> {
  const { database } = dependencies;
  await refuseRunning(database, asked.node);
  const signed = await readSigned(asked.keys.directory);
  const base = signed === undefined ? asked.base : baseOf(signed.origin);
  const fault = await compare(database, { ...asked, base });
  if (!asked.force) refuseNeedless(fault, await headSize(database.app));
  const moved = await withAdministrator(asked.databaseUrl, setAside);
  // Nothing is signed that a start would not accept.
  const origin = originName(base, await readOrigin(database.app));
  const policy = await openPolicy({ ...dependencies, node: asked.node, keys: asked.keys, origin });
  await policy.close();
  const draft = { ...asked, base, another: fault?.kind === 'other' };
  return { ...(await beginOrigin(dependencies, draft, by)), setAside: moved };
}

/** A node reports every second; one that is stopped by the fault still does. */
async function refuseRunning({ app }: Database, self: string): Promise<void> {
  const text = `SELECT count(*)::int AS alive FROM exchange.node WHERE id <> $1 AND seen_at > now() - interval '5 seconds'`;
  const { alive } = oneRow(await app.query<{ alive: number }>(text, [self]), 'nodes');
  if (alive === 0) return;
  throw new Problem('conflict', `Nodes of this exchange still run (${alive}): stop all of them first.`);
}

async function compare(
  { app }: Database,
  { base, keys }: Pick<OriginDraft, 'base' | 'keys'>,
): Promise<LogFault | undefined> {
  const origin = originName(base, await readOrigin(app));
  const signing = { directory: keys.directory, origin, key: keys.checkpointSigner, database: app };
  try {
    await (await openSeen(signing)).compare(await headSize(app), await newestCheckpoint(app, origin));
    return undefined;
  } catch (error) {
    if (error instanceof LogFault) return error;
    throw error;
  }
}

function refuseNeedless(fault: LogFault | undefined, size: number): void {
  if (fault === undefined) {
    throw new Problem(
      'conflict',
      `The log (${size} entries) lacks nothing that this machine knows of: no new origin is needed. Where another machine knows of more: --force.`,
    );
  }
  if (fault.kind === 'other') {
    throw new Problem(
      'conflict',
      `The log (${size} entries) is not shorter than the one that was signed here, but another one: bring that one back. Where it is lost and this one is to be gone on with: --force.`,
    );
  }
}

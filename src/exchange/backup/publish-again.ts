import { type By, type ChangeDependencies, changePolicy, type NewChange } from '../../access/policy/change-policy.js';
import type { ClosedRecord } from './replay-export.js';

/** What opens nothing by itself, in the order in which the later ones need the earlier. */
const EVENTS = {
  publisher: 'publisher.registered',
  purpose: 'purpose.registered',
  'code-list': 'code-list.changed',
  contract: 'contract.published',
} as const;
type CatalogKind = keyof typeof EVENTS;
const KINDS = Object.keys(EVENTS);

interface LastVersion {
  kind: CatalogKind;
  id: string;
  document: string;
}

/**
 * Puts the catalog in force again as the backup had it, where a newer entry changed it and its document is lost: the restored tables are of that
 * contract. Grants, applications and upstreams that were changed after the backup stay closed.
 */
export async function publishAgain(
  dependencies: ChangeDependencies,
  closed: readonly ClosedRecord[],
  by: By,
): Promise<void> {
  const { rows } = await dependencies.database.app.query<LastVersion>(
    `SELECT DISTINCT ON (kind, id) kind, id, document FROM exchange.policy_record
     WHERE kind = ANY ($3) AND (kind, id) IN (SELECT * FROM unnest($1::text[], $2::text[])) ORDER BY kind, id, version DESC`,
    [closed.map(({ kind }) => kind), closed.map(({ id }) => id), KINDS],
  );
  if (rows.length === 0) return;
  const changes = rows
    .toSorted((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind))
    .map(({ kind, id, document }): NewChange => ({ kind, id, document: JSON.parse(document), event: EVENTS[kind] }));
  await changePolicy(dependencies, by, () => changes);
}

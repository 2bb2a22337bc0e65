import type { Receipt } from '../../audit/entry.js';
import { Problem } from '../../platform/errors.js';
import { known } from '../../platform/known.js';
import {
  type By,
  type ChangeDependencies,
  changePolicy,
  type MakeRecord,
  type NewChange,
} from '../policy/change-policy.js';
import { checkUpstream } from './check-upstream.js';
import { type Upstream, type UpstreamDraft, upstreamId } from './upstream.js';

export interface ChangedUpstream {
  upstream: Upstream;
  receipt: Receipt;
}

interface UpstreamName {
  publisher: string;
  name: string;
}

/**
 * Approves a publisher's system for calls. Approving it again with other settings ends the runs under way.
 * @throws Problem unprocessable naming every fault, not-found (no such publisher)
 */
export function approveUpstream(
  dependencies: ChangeDependencies,
  { publisher, name, draft }: UpstreamName & { draft: UpstreamDraft },
  by: By,
): Promise<ChangedUpstream> {
  const faults = checkUpstream(draft);
  if (faults.length > 0) throw new Problem('unprocessable', 'The upstream cannot be approved', { faults });
  const document: Upstream = { ...draft, publisher, name, status: 'approved' };
  return write(dependencies, { publisher, name }, by, (index) => {
    if (!index.catalog.publishers.has(publisher)) throw new Problem('not-found', 'No such publisher');
    return { document, event: 'upstream.approved' };
  });
}

/**
 * Ends calls to the system; a run under way ends before it publishes.
 * @throws Problem not-found, conflict
 */
export function withdrawUpstream(
  dependencies: ChangeDependencies,
  named: UpstreamName,
  by: By,
): Promise<ChangedUpstream> {
  return write(dependencies, named, by, (index) => {
    const upstream = index.upstreams.get(upstreamId(named.publisher, named.name));
    if (upstream === undefined) throw new Problem('not-found', 'No such upstream');
    if (upstream.status === 'withdrawn') throw new Problem('conflict', 'The upstream is withdrawn already');
    return { document: { ...upstream, status: 'withdrawn' }, event: 'upstream.withdrawn' };
  });
}

type Make = (index: Parameters<MakeRecord>[0]) => Pick<NewChange, 'document' | 'event'>;

async function write(
  dependencies: ChangeDependencies,
  named: UpstreamName,
  by: By,
  make: Make,
): Promise<ChangedUpstream> {
  const id = upstreamId(named.publisher, named.name);
  const changed = await changePolicy(dependencies, by, (index) => ({ kind: 'upstream', id, ...make(index) }));
  return { upstream: known(changed.index.upstreams, id), receipt: changed.receipt };
}

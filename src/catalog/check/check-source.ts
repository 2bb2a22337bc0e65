import type { ContractDocument, SourceDocument } from '../contract-document.js';
import { isBelow } from '../upstream-path.js';
import type { Faults } from './fault.js';

/** What the source of the rows implies: a delta needs the mode delta, and a proxied dataset cannot promise what needs stored rows. */
export function checkSource(document: ContractDocument, faults: Faults): void {
  const source = document.delivery?.source;
  if (source === undefined || source.kind === 'file') return;
  if ((source.kind === 'http' || source.kind === 'proxy') && !isBelow(source.path)) {
    faults.add(['delivery', 'source', 'path'], LEAVES, { expected: 'a path such as /people?state=1' });
  }
  if (source.kind === 'proxy') {
    checkProxy(document, source, faults);
    return;
  }
  const modes = document.delivery?.mode ?? ['snapshot', 'delta'];
  const mode = 'watermark' in source && source.watermark !== undefined ? 'delta' : 'snapshot';
  if (!modes.includes(mode)) {
    faults.add(['delivery', 'mode'], `This source delivers by ${mode}, which the contract does not accept`);
  }
}

/** A server could read it as another path than the upstream's approval allows. */
const LEAVES = 'No dot segments, empty segments, encoded slashes or backslashes';

/** The exchange stores no row of a proxied dataset: it can be read by its key, but has no index, order, count or join. */
const IMPOSSIBLE = ['filterable', 'sortable', 'relations', 'statistics', 'partition'] as const;

/** Ceilings that no contract may raise: how long a caller waits, how many calls a department's system carries, how large a row can be. */
const AT_MOST = { 'timeout-ms': 20_000, 'at-once': 100, 'bytes-at-most': 16_777_216 } as const;

function checkProxy(
  document: ContractDocument,
  source: Extract<SourceDocument, { kind: 'proxy' }>,
  faults: Faults,
): void {
  for (const name of IMPOSSIBLE) {
    if (document[name] !== undefined) faults.add([name], `A proxied dataset has no ${name}: it is asked by its key`);
  }
  if (document['exact-count'] === 'true') faults.add(['exact-count'], 'A proxied dataset is never counted');
  for (const name of ['mode', 'delete-at-most', 'reject-at-most'] as const) {
    if (document.delivery?.[name] !== undefined)
      faults.add(['delivery', name], 'Nothing is delivered into a proxied dataset');
  }
  for (const name of Object.keys(AT_MOST) as (keyof typeof AT_MOST)[]) {
    const stated = source[name];
    if (stated !== undefined && Number(stated) > AT_MOST[name])
      faults.add(['delivery', 'source', name], `At most ${AT_MOST[name]}`);
  }
  const key = [document.key].flat();
  for (const name of Object.keys(source.ask)) {
    if (!key.includes(name)) faults.unknown(['delivery', 'source', 'ask', name], name, key, 'field of the key');
  }
  for (const name of key) {
    if (source.ask[name] === undefined)
      faults.add(['delivery', 'source', 'ask'], `The interface is to be asked with the whole key: ${name} is missing`);
  }
}

import type { Upstream } from '../../access/upstreams/upstream.js';
import type { Catalog } from '../../catalog/catalog.js';
import { datasetParts } from '../../catalog/names.js';
import type { CatalogDraft } from '../../ingest/draft/catalog-draft.js';
import type { DraftTerms } from '../../ingest/draft/draft-contract.js';
import { anyHeading, openDrafting } from '../../ingest/draft/draft-table.js';
import type { Charset } from '../../ingest/readers/csv/charset.js';
import { type FileType, sourceOf } from '../../ingest/readers/open.js';
import { type Source, Unreadable } from '../../ingest/readers/source.js';
import { spoolDirectory } from '../../ingest/readers/spool.js';
import type { Body } from '../../ingest/receive/receive.js';
import { Problem } from '../../platform/errors.js';
import type { Call } from '../call.js';
import type { Exchange } from '../exchange.js';
import { readWhole } from '../sources/look-at-source.js';

/** What the caller says of the dataset to be. */
export interface AskedDraft {
  call: Call;
  /** `publisher/dataset`. */
  dataset: string;
  title: string | undefined;
  entity: string | undefined;
}

export interface DraftedFile {
  mediaType: FileType;
  charset: Charset | undefined;
  body: Body;
}

const FORMATS: Readonly<Record<FileType, DraftTerms['format']>> = {
  'text/csv': 'spreadsheet',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'spreadsheet',
  'application/x-ndjson': 'text',
  'application/vnd.apache.parquet': 'database',
};

/**
 * A contract as far as a file shows it. The body waits on disk without a name, and is gone when the draft is made: nothing
 * of it is stored, recorded or logged.
 * @throws Problem unprocessable naming what can't be read, too-large, bad-body, unavailable (other drafts are being made)
 */
export async function draftFromFile(exchange: Exchange, asked: AskedDraft, file: DraftedFile): Promise<CatalogDraft> {
  const { config, clock } = exchange;
  const { body, mediaType, charset } = file;
  const spool = { directory: spoolDirectory(config.dataDir), name: () => clock.uuid() };
  try {
    await exchange.arrivals.run(() => body.arrive(spool), asked.call.subject.sub);
    return await exchange.drafts.run(() => {
      const limitBytes = config.deliveryLimitBytes;
      const source = sourceOf({ mediaType, charset, content: body.content(), known: anyHeading, spool, limitBytes });
      return draft(exchange, asked, { source, format: FORMATS[mediaType] });
    }, asked.call.subject.sub);
  } finally {
    await body.close();
  }
}

/**
 * The same from a table or view of an approved upstream, read in one snapshot and recorded before it is read.
 * @throws Problem upstream-refused, upstream-failed, not-found (no such table), unprocessable, unavailable
 */
export function draftFromTable(
  exchange: Exchange,
  asked: AskedDraft,
  { upstream, table }: { upstream: Upstream; table: string },
): Promise<CatalogDraft> {
  const looking = { call: asked.call, upstream };
  return exchange.drafts.run(
    () =>
      readWhole(exchange, { looking, table }, (source) => {
        const pulled = upstream.kind === 'http' ? undefined : { kind: upstream.kind, upstream: upstream.name, table };
        return draft(exchange, asked, { source, format: 'database', pulled });
      }),
    asked.call.subject.sub,
  );
}

interface Drafted {
  source: Source;
  format: DraftTerms['format'];
  pulled?: { kind: 'postgres' | 'mysql'; upstream: string; table: string } | undefined;
}

async function draft(
  exchange: Exchange,
  asked: AskedDraft,
  { source, format, pulled }: Drafted,
): Promise<CatalogDraft> {
  const { catalog } = exchange.policy.current();
  const { dataset, title, entity } = asked;
  requireEntity(catalog, entity);
  const delivery = pulled && { ...pulled, application: delivererOf(exchange, datasetParts(dataset).publisher) };
  const terms: DraftTerms = { dataset, title, format, ...(delivery === undefined ? {} : { source: delivery }) };
  try {
    const draftTable = await openDrafting({ standard: catalog.standard, contracts: catalog.contracts.values() });
    return await draftTable({ source, terms, entity });
  } catch (error) {
    if (!(error instanceof Unreadable) || error.rule === 'table') throw error;
    const fault = { pointer: error.line > 0 ? `/lines/${error.line}` : '', reason: error.message };
    throw new Problem('unprocessable', 'The table cannot be read', { faults: [fault], cause: error });
  }
}

/** The application that would deliver it: the publisher's own, of which there usually is one. */
function delivererOf({ policy }: Exchange, publisher: string): string {
  const own = [...policy.current().applications.values()].find(
    ({ department, roles }) => department === publisher && roles.includes('publisher'),
  );
  return own?.clientId ?? `${publisher}-publisher`;
}

function requireEntity({ standard }: Catalog, entity: string | undefined): void {
  if (entity === undefined || standard.entities.has(entity)) return;
  const expected = [...standard.entities.keys()].join(', ');
  throw new Problem('bad-value', undefined, {
    faults: [{ parameter: 'entity', reason: 'no entity of the standard', expected }],
  });
}

import { createHash } from 'node:crypto';
import type pg from 'pg';
import { recorded } from '../../audit/recorded.js';
import type { Contract } from '../../catalog/contract.js';
import type { DerivedSource } from '../../catalog/source-terms.js';
import type { SourceRow } from '../../ingest/readers/source.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { shanghaiDate } from '../../platform/clock.js';
import { fieldByKey } from '../../query/datasets/released.js';
import { openSnapshot, readInBatches } from '../../query/datasets/snapshot.js';
import type { Exchange } from '../exchange.js';
import type { Computed, Computing, DerivedRow, ReadBatches } from './computing.js';
import { conflictsOf } from './conflicts.js';
import { findingsOfDistrict } from './findings.js';
import { grantedReads, readingCall } from './granted-reads.js';
import { recordReads } from './record-reads.js';

const COMPUTE: Readonly<Record<DerivedSource['of'], (computing: Computing) => Computed>> = {
  conflicts: conflictsOf,
  findings: findingsOfDistrict,
};

/**
 * One run of a derived dataset as a delivery. Nothing is read before `open`; no row is read before its entry is
 * committed.
 */
export async function openDerived(exchange: Exchange, contract: Contract, source: DerivedSource): Promise<Intake> {
  const hash = createHash('sha256');
  let bytes = 0;
  let opened: OpenedReads | undefined;
  const rows = async function* ({ client, computed }: OpenedReads): AsyncGenerator<SourceRow[]> {
    let line = 0;
    const read: ReadBatches = (text, values) => readInBatches(client, text, values);
    for await (const batch of computed.rows(read, client)) {
      yield (await dated(exchange, contract, client, batch)).map((object) => {
        const text = JSON.stringify(object);
        hash.update(text).update('\n');
        bytes += Buffer.byteLength(text) + 1;
        return { line: ++line, text, content: { kind: 'object', object } };
      });
    }
  };
  return {
    mediaType: 'application/vnd.civic-exchange.pull+derived',
    async open() {
      const begun = await begin(exchange, contract, source);
      opened = begun;
      return { headings: () => undefined, batches: () => rows(begun) };
    },
    bytes: () => bytes,
    digest: () => hash.copy().digest(),
    drain: async () => {},
    notes: () => opened?.computed.notes,
    async close() {
      await opened?.client.end().catch(() => {}); // it may have been lost
    },
  };
}

interface OpenedReads {
  client: pg.Client;
  computed: Computed;
}

function begin(exchange: Exchange, contract: Contract, source: DerivedSource) {
  const call = readingCall(exchange, source.application);
  const today = shanghaiDate(exchange.clock.now());
  return recorded(
    exchange.policy,
    (index) => grantedReads(exchange, call, index),
    async (reads, index) => {
      const computed = COMPUTE[source.of]({ reads, standard: index.catalog.standard, keys: exchange.keys, today });
      const client = await openSnapshot(exchange.database);
      try {
        await recordReads(exchange, client, { call, index, contract, used: computed.used });
        return { client, computed };
      } catch (error) {
        await client.end();
        throw error;
      }
    },
  );
}

/** The day on which each row was first found: from the published row, else today. */
async function dated(
  exchange: Exchange,
  contract: Contract,
  client: pg.Client,
  rows: readonly DerivedRow[],
): Promise<DerivedRow[]> {
  const today = shanghaiDate(exchange.clock.now());
  if (!contract.fields.has('found_on')) return [...rows];
  const keyOf = (row: DerivedRow) => row[contract.key[0] ?? ''];
  const known = await fieldByKey(client, contract, { field: 'found_on', keys: rows.map(keyOf) });
  return rows.map((row) => ({ ...row, found_on: known.get(String(keyOf(row))) ?? today }));
}

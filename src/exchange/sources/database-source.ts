import { type ReachedUpstream, resolveUpstream } from '../../access/upstreams/resolve-upstream.js';
import type { Contract } from '../../catalog/contract.js';
import type { DatabaseSource } from '../../catalog/source-terms.js';
import type { Report } from '../../ingest/delivery.js';
import { addKey, digestText, emptyDigest } from '../../ingest/judge/key-digest.js';
import type { Validator } from '../../ingest/judge/validator.js';
import { reconcile } from '../../ingest/publish/reconcile.js';
import type { ConnectDatabase, DatabaseConnection } from '../../ingest/readers/database/connection.js';
import { connectMysql } from '../../ingest/readers/database/mysql.js';
import { connectPostgres } from '../../ingest/readers/database/postgres.js';
import { type Pulled, readTable } from '../../ingest/readers/database/pull-table.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';
import { moveState, readState, type SourceState } from './source-state.js';

const CONNECT: Readonly<Record<DatabaseSource['kind'], ConnectDatabase>> = {
  postgres: connectPostgres,
  mysql: connectMysql,
};

export const CONNECT_MS = 10_000;
const BATCH_ROWS = 1_000;

/** One connection to a database that may be called now. Throws the driver's errors (`source-problem.ts`). */
export function connectTo(
  { config }: Pick<Exchange, 'config'>,
  { kind, reached }: { kind: DatabaseSource['kind']; reached: ReachedUpstream },
): Promise<DatabaseConnection> {
  const limits = { statementMs: config.sourceStatementTimeoutMs, connectMs: CONNECT_MS, batchRows: BATCH_ROWS };
  return CONNECT[kind](reached, limits);
}

/** 库表: one run over a table or view of a department's database. Connects only when the delivery begins. */
export async function databaseIntake(exchange: Exchange, contract: Contract, source: DatabaseSource): Promise<Intake> {
  const reached = await resolveUpstream(exchange, {
    publisher: contract.publisher,
    name: source.upstream,
    kind: source.kind,
  });
  const state = await readState(exchange.database.app, contract);
  const reader = readTable({
    connect: () => connectTo(exchange, { kind: source.kind, reached }),
    table: source.table,
    watermark: source.watermark,
    from: state.watermark,
    before: state.columns,
    bytesAtMost: exchange.config.deliveryLimitBytes,
    stillApproved: reached.stillApproved,
  });
  const taken = emptyDigest();
  let opened: Validator | undefined;
  const notes = () => notesOf(reader.pulled(), state);
  return {
    mediaType: `application/vnd.civic-exchange.pull+${source.kind}`,
    open: (validator) => {
      opened = validator;
      return reader.open(validator);
    },
    bytes: () => reader.pulled().bytes,
    digest: reader.digest,
    drain: async () => {},
    numbered: (rowNumber) => addKey(taken, rowNumber),
    notes,
    async published(tx, { id }) {
      reached.stillApproved();
      const { published, repeated, ok } = await reconcile(tx, { deliveryId: id, validator: opened!, taken });
      if (!ok) throw new Problem('internal', 'The release does not hold the keys that were read.');
      const { choice, watermark } = reader.pulled();
      const columns = Object.fromEntries(choice!.chosen.map(({ column }) => [column.name, column.type]));
      await moveState(tx, contract, { watermark, columns });
      const { reconciliation } = notes();
      const sides = { taken: taken.rows, published: published.rows, repeated };
      const digests = { takenKeys: digestText(taken), publishedKeys: digestText(published) };
      return { reconciliation: { ...reconciliation, ...sides, ...digests, ok } };
    },
    close: reader.close,
  };
}

type Notes = NonNullable<Report['source']> & { reconciliation: Record<string, unknown> };

function notesOf({ choice, counted, received, watermark }: Pulled, before: SourceState): Notes {
  return {
    unmapped: choice?.unmapped ?? [],
    ...(choice === undefined || choice.changed.length === 0 ? {} : { changed: choice.changed }),
    ...(watermark === undefined ? {} : { watermark: { from: before.watermark ?? null, to: watermark } }),
    reconciliation: { counted: counted ?? null, received, ok: false },
  };
}

import { mkdirSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setAside } from '../../ingest/land/set-aside.js';
import type { SourceRow } from '../../ingest/readers/source.js';
import { spoolDirectory } from '../../ingest/readers/spool.js';
import type { Intake } from '../../ingest/receive/intake.js';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';

/** A copy of the rows that a run receives, so that a run that breaks off does not lose them. */
export interface Keeping {
  /** The same intake; its rows are also kept. */
  intake: Intake;
  /** Stores all received rows as rejects of the delivery, with the reason; returns their number. */
  setAside(deliveryId: string, reason: { rule: string; reason: string }): Promise<number>;
  close(): Promise<void>;
}

/**
 * The file has no name and disappears with the process: after a crash the source still has the rows. `signal`: the node
 * stops. A source that has not sent all rows in time is cut off, however it sends: a run holds one of the node's workers.
 */
export async function keepReceived(exchange: Exchange, intake: Intake, signal?: AbortSignal): Promise<Keeping> {
  const file = await namelessFile(exchange);
  return {
    intake: {
      ...intake,
      open: async (validator) => {
        const source = await intake.open(validator);
        return { ...source, batches: () => kept({ rows: inTime(exchange, intake, source.batches()), file, signal }) };
      },
    },
    setAside: (deliveryId, reason) => setRowsAside(exchange, { file, deliveryId, reason }),
    close: () => file.close(),
  };
}

export function keepNothing(intake: Intake): Keeping {
  return { intake, setAside: async () => 0, close: async () => {} };
}

interface KeptSource {
  rows: AsyncGenerator<SourceRow[]>;
  file: FileHandle;
  signal: AbortSignal | undefined;
}

async function* kept({ rows, file, signal }: KeptSource): AsyncGenerator<SourceRow[]> {
  for await (const batch of rows) {
    signal?.throwIfAborted();
    await file.appendFile(batch.map(({ line, text }) => `${JSON.stringify([line, text])}\n`).join(''));
    yield batch;
  }
}

/** Closing the intake ends the read that waits. */
async function* inTime(
  { config: { sourceRunTimeoutMs } }: Exchange,
  intake: Intake,
  rows: AsyncGenerator<SourceRow[]>,
): AsyncGenerator<SourceRow[]> {
  const late = () =>
    new Problem('upstream-failed', `The source has not sent all its rows within ${sourceRunTimeoutMs / 1_000} s.`);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void intake.close?.();
  }, sourceRunTimeoutMs);
  try {
    for await (const batch of rows) {
      if (isLate) throw late();
      yield batch;
    }
  } catch (error) {
    throw isLate ? late() : error;
  } finally {
    clearTimeout(timer);
  }
}

async function namelessFile({ config, clock }: Exchange): Promise<FileHandle> {
  const directory = spoolDirectory(config.dataDir);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, clock.uuid());
  const file = await open(path, 'ax+', 0o600);
  rmSync(path);
  return file;
}

const ROWS_AT_ONCE = 1_000;

interface SettingAside {
  file: FileHandle;
  deliveryId: string;
  reason: { rule: string; reason: string };
}

async function setRowsAside(exchange: Exchange, { file, deliveryId, reason }: SettingAside): Promise<number> {
  const { app } = exchange.database;
  const errors = [{ field: null, ...reason }];
  let rows: { line: number; text: string; errors: typeof errors }[] = [];
  let count = 0;
  const put = async () => {
    const lines = rows.map(({ line }) => line);
    // Rows that validation set aside keep their own reasons.
    const { rows: known } = await app.query<{ line: string }>(
      'SELECT line FROM exchange.delivery_reject WHERE delivery = $1 AND line = ANY($2::bigint[])',
      [deliveryId, lines],
    );
    const has = new Set(known.map(({ line }) => Number(line)));
    await setAside(
      app,
      deliveryId,
      rows.filter(({ line }) => !has.has(line)),
    );
    count += rows.length;
    rows = [];
  };
  for await (const text of createInterface({ input: file.createReadStream({ start: 0, autoClose: false }) })) {
    const [line, row] = JSON.parse(text) as [number, string];
    rows.push({ line, text: row, errors });
    if (rows.length === ROWS_AT_ONCE) await put();
  }
  if (rows.length > 0) await put();
  return count;
}

/** Only the last broken run keeps its rows: a new run receives them again, and more. */
export async function dropKeptBefore(exchange: Exchange, contractId: string, deliveryId: string): Promise<void> {
  await exchange.database.owner.query(
    `DELETE FROM exchange.delivery_reject r USING exchange.source_run s
     WHERE s.contract = $1 AND s.delivery = r.delivery AND r.delivery <> $2 AND r.errors @> '[{"rule": "run-failed"}]'`,
    [contractId, deliveryId],
  );
}

import { createHash, type KeyObject } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { verifierKey } from '../../audit/tree/note.js';
import { openNote, parseVerifierKey } from '../../audit/verify/note.js';
import { isObject } from '../../platform/json-pointer.js';
import { MIGRATION_NAMES } from '../../platform/postgres/migrate.js';
import { checkLog } from './check-log.js';
import { type Frame, framesOf } from './frames.js';
import { layDatasets, layIndexes } from './lay-datasets.js';
import { copyTarget, nameOf, type StoredTable, storedTables } from './tables.js';
import { BACKUP_FORMAT, type BackupHeader, backupBody, type TableEnd } from './write-backup.js';

export interface Loaded {
  header: BackupHeader;
  rows: number;
}

interface BackupReading {
  /** In a transaction, as who may do everything in an empty database that is up to date. */
  client: pg.ClientBase;
  signer: KeyObject;
  plain: AsyncIterable<Uint8Array>;
  onProgress: (line: string) => void;
}

/**
 * Loads a backup and verifies it: counts and digests of each table, the note over it all, and the log from the loaded entries. Tables of datasets are
 * made from the contracts that the log vouches for; no SQL comes from the file. Throws Error naming what is wrong; the caller rolls back.
 */
export async function readBackup({ client, signer, plain, onProgress }: BackupReading): Promise<Loaded> {
  const whole = createHash('sha256');
  const frames = framesOf(plain);
  let rows = 0;
  const header = headerOf(jsonOf(await next()));
  refuseOtherVersion(header);
  const [own, datasets] = [
    header.tables.filter(({ schema }) => schema !== 'data'),
    header.tables.filter(({ schema }) => schema === 'data'),
  ];
  await refuseOtherTables(client, own);
  for (const table of own) await load(table);
  const contracts = await asOwner(client, () => layDatasets(client, header.log.size));
  await refuseOtherTables(client, datasets);
  for (const table of datasets) await load(table);
  const sha256 = whole.copy().digest('hex');
  refuseUnsigned({ note: jsonOf(await next()).note, sha256, origin: header.log.origin, signer });
  if ((await frames.next()).done !== true) throw new Error('The backup goes on after its end.');
  onProgress('Verifying the log …');
  const log = await checkLog(client, signer);
  if (log.size !== header.log.size || log.root !== header.log.root)
    throw new Error('The log is not the one of the backup.');
  onProgress('Making the indexes …');
  const names = new Set(datasets.flatMap(({ indexes }) => indexes));
  await asOwner(client, () => layIndexes(client, contracts, names));
  await setSequences(client);
  return { header, rows };

  async function next(): Promise<Frame> {
    const { value, done } = await frames.next();
    if (done === true) throw new Error('The backup is cut short.');
    whole.update(value.bytes);
    return value.frame;
  }

  async function load(table: StoredTable): Promise<void> {
    onProgress(`Loading ${nameOf(table)} …`);
    const digest = createHash('sha256');
    let end: Record<string, unknown> = {};
    const content = async function* () {
      for (;;) {
        const frame = await next();
        if ('json' in frame) {
          end = jsonOf(frame);
          return;
        }
        digest.update(frame.rows);
        yield frame.rows;
      }
    };
    const copy = client.query(copyFrom(`COPY ${copyTarget(table)} FROM STDIN (FORMAT binary)`));
    await pipeline(Readable.from(content(), { objectMode: false }), copy);
    const found: TableEnd = { rows: copy.rowCount, sha256: digest.digest('hex') };
    if (end.rows !== found.rows || end.sha256 !== found.sha256)
      throw new Error(`${nameOf(table)} has not the rows of the backup.`);
    rows += found.rows;
  }
}

/** Tables of datasets belong to the role that the exchange works under. */
async function asOwner<T>(client: pg.ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('SET LOCAL ROLE exchange_owner');
  const done = await work();
  await client.query('RESET ROLE');
  return done;
}

interface BackupEnd {
  note: unknown;
  /** Of all frames before the note, hex. */
  sha256: string;
  origin: string | null;
  signer: KeyObject;
}

function refuseUnsigned({ note, sha256, origin, signer }: BackupEnd): void {
  const name = origin ?? 'civic-exchange';
  const body = attempt(() => openNote(String(note), parseVerifierKey(verifierKey(name, signer)), 'backup'));
  if (body === undefined) {
    throw new Error(`The backup of ${name} is not signed by the key of these keys: they are of another exchange.`);
  }
  if (body !== backupBody(sha256)) throw new Error('The backup is not what was signed.');
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function jsonOf(frame: Frame): Record<string, unknown> {
  if ('json' in frame && isObject(frame.json)) return frame.json;
  throw new Error('It is no backup of a Civic Exchange.');
}

function headerOf(value: object): BackupHeader {
  if (isHeader(value)) return value;
  throw new Error('It is no backup of a Civic Exchange of this version.');
}

/** What it says is verified against the database and the log. */
function isHeader(value: object): value is BackupHeader {
  return 'format' in value && value.format === BACKUP_FORMAT && 'log' in value && 'tables' in value;
}

function refuseOtherVersion({ migrations }: BackupHeader): void {
  if (MIGRATION_NAMES.join() === migrations.join()) return;
  const newest = migrations.at(-1) ?? 'none';
  throw new Error(
    `The backup is of another version of the exchange (${newest}): restore it with that version, then start the newer one.`,
  );
}

/** The file's tables and columns are exactly those of this database. */
async function refuseOtherTables(client: pg.ClientBase, wanted: readonly StoredTable[]): Promise<void> {
  const signature = (table: StoredTable) => `${nameOf(table)}(${[...table.columns].sort().join()})`;
  const found = new Set((await storedTables(client)).map(signature));
  const other = wanted.find((table) => !found.has(signature(table)));
  if (other !== undefined) throw new Error(`The table ${nameOf(other)} of the backup is not one of this version.`);
}

/** Identity columns go on after the loaded rows. */
async function setSequences(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('SELECT setval(pg_get_serial_sequence(%L, %L), max(%I)) FROM %I.%I HAVING max(%I) IS NOT NULL',
        format('%I.%I', n.nspname, c.relname), a.attname, a.attname, n.nspname, c.relname, a.attname) AS statement
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attidentity <> '' AND c.relkind = 'r' AND n.nspname IN ('exchange', 'audit')`,
  );
  for (const { statement } of rows) await client.query(statement);
}

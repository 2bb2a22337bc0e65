import { createHash, type KeyObject } from 'node:crypto';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { signNote } from '../../audit/tree/note.js';
import { readKnownKeys } from '../../platform/keys/known-keys.js';
import { BEGIN_SNAPSHOT, transaction } from '../../platform/postgres/in-transaction.js';
import { type CheckedLog, checkLog } from './check-log.js';
import { jsonFrame, rowFrames } from './frames.js';
import { type WrittenFile, writeSealed } from './sealed-file.js';
import { copyTarget, migrationsOf, nameOf, type StoredTable, storedTables } from './tables.js';

export const BACKUP_FORMAT = 'civic-exchange-backup/1';

/** First frame of a backup. */
export interface BackupHeader {
  format: typeof BACKUP_FORMAT;
  /** RFC 3339. */
  at: string;
  migrations: string[];
  log: CheckedLog;
  tables: StoredTable[];
}

/** Follows the rows of each table. */
export interface TableEnd {
  rows: number;
  /** The digest of its COPY bytes, hex. */
  sha256: string;
}

export interface Backup {
  file: WrittenFile;
  log: CheckedLog;
  tables: number;
  rows: number;
  /** Names of keys that were destroyed on purpose. */
  destroyed: ReadonlySet<string>;
}

interface BackupWriting {
  /** Its user reads everything. */
  client: pg.Client;
  signer: KeyObject;
  path: string;
  recipients: readonly string[];
  at: string;
  onProgress: (line: string) => void;
}

/**
 * One state of the database in one encrypted file: a header, each table as binary COPY with its count and digest, and a note over it all, signed by
 * the signer of checkpoints. The log is verified in the same state first. Memory does not grow with the tables.
 */
export async function writeBackup({
  client,
  signer,
  path,
  recipients,
  at,
  onProgress,
}: BackupWriting): Promise<Backup> {
  return transaction(client, () => inSnapshot(), { begin: BEGIN_SNAPSHOT });

  async function inSnapshot(): Promise<Backup> {
    onProgress('Verifying the log …');
    const log = await checkLog(client, signer);
    const migrations = await migrationsOf(client);
    const tables = await storedTables(client);
    const header: BackupHeader = { format: BACKUP_FORMAT, at, migrations, log, tables };
    let rows = 0;
    const file = await writeSealed(
      path,
      recipients,
      frames(header, (end) => {
        rows += end.rows;
      }),
    );
    const { destroyed } = await readKnownKeys(client);
    return { file, log, tables: tables.length, rows, destroyed };
  }

  async function* frames(header: BackupHeader, onEnd: (end: TableEnd) => void): AsyncGenerator<Buffer> {
    const whole = createHash('sha256');
    const counted = (bytes: Buffer): Buffer => {
      whole.update(bytes);
      return bytes;
    };
    yield counted(jsonFrame(header));
    for (const table of header.tables) {
      onProgress(`Copying ${nameOf(table)} …`);
      const digest = createHash('sha256');
      const copy = client.query(copyTo(`COPY ${copyTarget(table)} TO STDOUT (FORMAT binary)`));
      let copied = false;
      try {
        for await (const chunk of copy) {
          const bytes: Buffer = chunk;
          digest.update(bytes);
          for (const frame of rowFrames(bytes)) yield counted(frame);
        }
        copied = true;
      } finally {
        if (!copied) client.end().catch(() => {}); // a COPY that nobody reads would never end
      }
      const end: TableEnd = { rows: copy.rowCount, sha256: digest.digest('hex') };
      onEnd(end);
      yield counted(jsonFrame(end));
    }
    const name = header.log.origin ?? 'civic-exchange';
    yield jsonFrame({ note: signNote(backupBody(whole.digest('hex')), name, signer) });
  }
}

/** What the note at the end of a backup signs; its first line is no origin of a log. @param sha256 of all frames before it, hex */
export function backupBody(sha256: string): string {
  return `${BACKUP_FORMAT}\n${sha256}\n`;
}

import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../platform/json-pointer.js';

/** What a signer signed last, kept outside the database: shows when a database is set back. */
export interface Signed {
  origin: string;
  size: number;
  /** base64. */
  root: string;
}

/** Undefined before the first signature. Throws on a damaged file: it must not count as absent. */
export async function readSigned(directory: string): Promise<Signed | undefined> {
  const path = stateFile(directory);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  const signed: unknown = parse(text);
  if (isSigned(signed)) return signed;
  throw new Error(`${path} is damaged. It says how far checkpoints were signed: restore it from a backup.`);
}

/** Durable before it returns: writes a second file, syncs it, renames it, syncs the directory. */
export async function writeSigned(directory: string, signed: Signed): Promise<void> {
  const path = stateFile(directory);
  const aside = `${path}.${process.pid}.${signed.size}.new`;
  const file = await open(aside, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify(signed)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const folder = await open(directory, 'r');
  await folder.sync().finally(() => folder.close());
}

function stateFile(directory: string): string {
  return join(directory, 'checkpoint-state.json');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isSigned(value: unknown): value is Signed {
  if (!isObject(value)) return false;
  const { origin, size, root } = value;
  return typeof origin === 'string' && Number.isSafeInteger(size) && typeof root === 'string';
}

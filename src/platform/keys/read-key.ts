import { readFileSync } from 'node:fs';
import { readPrivateFile } from '../private-file.js';
import type { KeyForm } from './key-forms.js';
import type { KnownKeys } from './known-keys.js';

/** Why a key can't be used. */
export interface KeyFault {
  name: string;
  /** The file is not there. */
  absent: boolean;
  /** One sentence with the key's name and its file, and no part of the key. */
  reason: string;
}

export type FoundKey<T> = { key: T; fingerprint: string } | KeyFault;

/**
 * Reads a key and compares it with what the database knows. `ours`: the file is in the folder of the keys, so only its owner may read it; a file that
 * `EXCHANGE_…_FILE` names has the mode that its keeper gives it.
 */
export async function readKey<T>(
  form: KeyForm<T>,
  { path, ours }: { path: string; ours: boolean },
  known: KnownKeys,
): Promise<FoundKey<T>> {
  const { name } = form;
  const fault = (reason: string, absent = false): KeyFault => ({ name, absent, reason });
  let text: string | undefined;
  try {
    text = ours ? readPrivateFile(path) : readFileSync(path, 'utf8');
  } catch (error) {
    return fault(`The key ${name} can't be used. ${error instanceof Error ? error.message : String(error)}`);
  }
  const expected = known.fingerprints.get(name);
  if (text === undefined) {
    const proof = expected === undefined ? 'has data already' : `has its fingerprint ${expected}`;
    return fault(`The key ${name} is lost: ${path} is missing, and the database ${proof}.`, true);
  }
  const key = await parsed(form, text);
  if (key === undefined) return fault(`The key ${name} is damaged: ${path} is not ${form.expected}.`);
  const fingerprint = await form.fingerprint(key);
  if (expected === undefined || expected === fingerprint) return { key, fingerprint };
  const differ = `its fingerprint is ${fingerprint}, the database has ${expected}`;
  return fault(`The key ${name} in ${path} is not the one of this database: ${differ}.`);
}

async function parsed<T>(form: KeyForm<T>, text: string): Promise<T | undefined> {
  try {
    return await form.parse(text);
  } catch {
    return undefined; // the parser's message may quote the key
  }
}

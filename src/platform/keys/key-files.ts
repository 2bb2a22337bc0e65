import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { identityToRecipient } from 'age-encryption';
import type { Clock } from '../clock.js';
import { privateFile } from '../private-file.js';
import { CHECKPOINT_SIGNER, type KeyForm, PACKAGE, secretForm, TOKEN_SIGNER } from './key-forms.js';
import type { KeyFiles, Keys } from './keys.js';
import { type KnownKeys, NOTHING_KNOWN } from './known-keys.js';
import { openMonthKeys } from './month-keys.js';
import { type KeyFault, readKey } from './read-key.js';

/** Installations from before the fingerprints do not have it: it is made once there too. */
const DATABASE = secretForm('database');

export interface KeyPlace {
  directory: string;
  clock: Clock;
  /** Keys that are elsewhere. */
  given?: KeyFiles;
}

/**
 * The keys of a folder (0700, its files 0600), compared with what the database knows. Missing ones are made only where the database is empty. Throws
 * Error with one line that names what is lost, damaged, open to others or not of this database.
 */
export async function openKeyFiles(
  { directory, clock, given = {} }: KeyPlace,
  known: KnownKeys = NOTHING_KNOWN,
): Promise<{ keys: Keys; fingerprints: ReadonlyMap<string, string> }> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const fingerprints = new Map<string, string>();
  const faults: KeyFault[] = [];
  const open = async <T>(setting: keyof KeyFiles, form: KeyForm<T>): Promise<T | undefined> => {
    const path = given[setting] ?? join(directory, form.file);
    const ours = given[setting] === undefined;
    const mayMake = known.empty || (form === DATABASE && !known.fingerprints.has(form.name));
    if (ours && mayMake && !existsSync(path)) {
      const text = await form.make(clock);
      privateFile(path, () => text);
    }
    const found = await readKey(form, { path, ours }, known);
    if (!('key' in found)) {
      faults.push(found);
      return undefined;
    }
    fingerprints.set(form.name, found.fingerprint);
    return found.key;
  };
  const opened = {
    checkpointSigner: await open('checkpointSigner', CHECKPOINT_SIGNER),
    tokenSigner: await open('tokenSigner', TOKEN_SIGNER),
    cursor: await open('cursor', secretForm('cursor')),
    rowId: await open('rowId', secretForm('row-id')),
    linkage: await open('linkage', secretForm('linkage')),
    etag: await open('etag', secretForm('etag')),
    cookies: await open('cookies', secretForm('cookies')),
    database: await open('database', DATABASE),
    package: await open('package', PACKAGE),
  };
  const months = openMonthKeys(directory, clock);
  const settled = await months.settle(known);
  faults.push(...settled.faults);
  if (!areWhole<Omit<Keys, 'directory' | 'month' | 'months'>>(opened)) throw refusal(faults);
  if (faults.length > 0) throw refusal(faults);
  return {
    keys: { ...opened, month: months.get, months, directory },
    fingerprints: new Map([...fingerprints, ...settled.fingerprints]),
  };
}

/** The public half of the package key, for display; undefined before the first start. Throws Error where the file is malformed. */
export async function packageRecipient(directory: string, given: KeyFiles): Promise<string | undefined> {
  const path = given.package ?? join(directory, PACKAGE.file);
  if (!existsSync(path)) return undefined;
  const found = await readKey(PACKAGE, { path, ours: false }, NOTHING_KNOWN);
  if ('key' in found) return identityToRecipient(found.key);
  throw new Error(found.reason);
}

function areWhole<T extends object>(found: { [K in keyof T]: T[K] | undefined }): found is T {
  return Object.values(found).every((value) => value !== undefined);
}

function refusal([first, ...others]: readonly KeyFault[]): Error {
  const more = others.length === 0 ? '' : ` The same start finds wrong: ${others.map(({ name }) => name).join(', ')}.`;
  return new Error(
    `${first?.reason}${more} Copy the folder of keys from another node of this database, or restore it from its backup.`,
  );
}

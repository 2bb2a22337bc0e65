import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isObject } from '../../platform/json-pointer.js';
import { writePrivateFile } from '../../platform/private-file.js';
import { framesOf, jsonFrame } from './frames.js';

const KEYS_FORMAT = 'civic-exchange-keys/1';
const SIGNER = 'checkpoint-signer.pem';
/** Grows with the log, so it differs. */
const STATE = 'checkpoint-state.json';
/** What an installation shares, and how far its log was signed. */
const MEMBER = /^([a-z][a-z0-9-]*\.(key|pem|json)|upstreams\/[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*)$/;
/** Files that belong to one node alone. */
const LEFT_OUT = ['policy-state.json'];

/** File names in a folder of keys (`row-id.key`, `upstreams/police/tax`), with their contents. */
export type KeyMembers = ReadonlyMap<string, string>;

/** The keys in the folder; those that `EXCHANGE_…_FILE` gives are kept elsewhere. */
export function readKeyMembers(directory: string): KeyMembers {
  return new Map(namesIn(directory).map((name) => [name, readFileSync(join(directory, name), 'utf8')]));
}

function namesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.filter((name) => MEMBER.test(name) && !LEFT_OUT.includes(name)).sort();
}

/** A header, then each key as a member of its own, then their number. */
export async function* keyFrames(members: KeyMembers, at: string): AsyncGenerator<Buffer> {
  yield jsonFrame({ format: KEYS_FORMAT, at });
  for (const [name, content] of members) yield jsonFrame({ name, content });
  yield jsonFrame({ members: members.size });
}

/** Throws Error where it is no file of keys or is cut. */
export async function parseKeyFrames(plain: AsyncIterable<Uint8Array>): Promise<KeyMembers> {
  const members = new Map<string, string>();
  let whole = false;
  let first = true;
  for await (const { frame } of framesOf(plain)) {
    const value = 'json' in frame && isObject(frame.json) ? frame.json : {};
    if (first && value.format !== KEYS_FORMAT) throw new Error('It is no backup of keys.');
    first = false;
    const { name, content } = value;
    if (typeof name === 'string' && typeof content === 'string' && MEMBER.test(name)) members.set(name, content);
    if (value.members !== undefined) whole = value.members === members.size;
  }
  if (!whole) throw new Error('The backup of keys is cut short.');
  return members;
}

/** @param names of keys as the database has them: `month-2026-11` */
export function withoutKeys(members: KeyMembers, names: ReadonlySet<string>): KeyMembers {
  return new Map([...members].filter(([file]) => !names.has(file.replace(/\.[a-z]+$/, ''))));
}

/** Throws Error that names a key in the folder which is another one. */
export function refuseOtherKeys(directory: string, members: KeyMembers): void {
  for (const [name, content] of readKeyMembers(directory)) {
    const given = name === STATE ? undefined : members.get(name);
    if (given !== undefined && given.trim() !== content.trim()) {
      throw new Error(`${directory} holds other keys (${name}): restore into an empty data directory.`);
    }
  }
}

/** Writes the keys that the folder lacks, then works with all of them. Where the work fails, the folder is as before. */
export async function withKeysIn<T>(directory: string, members: KeyMembers, work: () => Promise<T>): Promise<T> {
  const before = new Set(namesIn(directory));
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  try {
    for (const [name, content] of members) {
      if (before.has(name)) continue;
      mkdirSync(dirname(join(directory, name)), { recursive: true, mode: 0o700 });
      writePrivateFile(join(directory, name), content);
    }
    return await work();
  } catch (error) {
    for (const name of namesIn(directory)) if (!before.has(name)) rmSync(join(directory, name));
    throw error;
  }
}

/** The key that signs checkpoints. Undefined where it is not among them. */
export function signerOf(members: KeyMembers): KeyObject | undefined {
  const pem = members.get(SIGNER);
  return pem === undefined ? undefined : createPrivateKey(pem);
}

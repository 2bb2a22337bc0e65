import type { KeyObject } from 'node:crypto';
import type { TokenSigner } from './key-forms.js';
import type { MonthKeys } from './month-keys.js';

/**
 * The secrets of an installation, the same on all its nodes: made in `<data-dir>/keys` (directory 0700, files 0600) where the database is empty, or
 * given by `EXCHANGE_…_FILE`. Never in the database, the logs or the repository.
 */
export interface Keys {
  /** Ed25519: signs checkpoints. */
  checkpointSigner: KeyObject;
  /** ES256 private key (JWK with kid) of the authorization server. */
  tokenSigner: TokenSigner;
  /** 32 bytes each. */
  cursor: Buffer;
  rowId: Buffer;
  linkage: Buffer;
  etag: Buffer;
  cookies: Buffer;
  /** The passwords of the database's logins follow from it. */
  database: Buffer;
  /** age identity (X25519): opens packages from offline networks. */
  package: string;
  month: MonthKeys['get'];
  months: MonthKeys;
  /** The folder of the keys; the checkpoint signer keeps its state file there. */
  directory: string;
}

/** Paths of keys that are not in the folder. */
export type KeyFiles = Partial<Record<Exclude<keyof Keys, 'directory' | 'month' | 'months'>, string | undefined>>;

import type { KeyObject } from 'node:crypto';

/**
 * The secrets of an installation: made at first start under `<data-dir>/keys` (directory 0700, files 0600) or given by `EXCHANGE_…_FILE`;
 * never in the database, the logs or the repository.
 */
export interface Keys {
  /** Ed25519: signs checkpoints. */
  checkpointSigner: KeyObject;
  /** ES256 private key (JWK with kid) of the authorization server. */
  tokenSigner: Record<string, string>;
  /** 32 bytes each. */
  cursor: Buffer;
  rowId: Buffer;
  linkage: Buffer;
  etag: Buffer;
  cookies: Buffer;
  /** 32 bytes, of one month (`2026-11`): made at first use. */
  month(yearMonth: string): Buffer;
  /** The state file of the checkpoint signer lives beside the keys. */
  directory: string;
}

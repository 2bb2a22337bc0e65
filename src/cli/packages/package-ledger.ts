import { readPrivateFile, writePrivateFile } from '../../platform/private-file.js';

/** What a sender keeps about its packages, per contract; stored beside its key. */
interface SentPackage {
  number: number;
  /** SHA-256 (hex) of the signed manifest. */
  manifest: string;
  file: string;
  /** As the exchange acknowledged it. */
  acknowledged?: { state: string; release: number | null; received: number; accepted: number; rejected: number };
}
export type Ledger = Record<string, SentPackage[]>;

function ledgerPath(keyFile: string): string {
  return `${keyFile}.packages.json`;
}

/** Throws Error where others can read it, or where it is damaged. */
export function readLedger(keyFile: string): Ledger {
  const text = readPrivateFile(ledgerPath(keyFile));
  return text === undefined ? {} : (JSON.parse(text) as Ledger);
}

export function writeLedger(keyFile: string, ledger: Ledger): void {
  writePrivateFile(ledgerPath(keyFile), `${JSON.stringify(ledger, null, 1)}\n`);
}

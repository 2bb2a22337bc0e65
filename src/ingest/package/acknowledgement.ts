import type { KeyObject } from 'node:crypto';
import { signNote } from '../../audit/tree/note.js';
import { openNote, parseVerifierKey } from '../../audit/verify/note.js';

const FIRST_LINE = 'civic-exchange-acknowledgement/1';

/** The result of a package; it goes back across the gap. */
export interface Acknowledgement {
  contract: string;
  sender: string;
  number: number;
  /** SHA-256 (hex) of the signed manifest. */
  manifest: string;
  delivery: string;
  state: string;
  received: number;
  accepted: number;
  rejected: number;
  release: number | null;
  /** `sha-256=:…:` of the content. */
  digest: string | null;
  /** As in `Exchange-Receipt`. */
  receipt: string;
}

/** A C2SP signed note by the key that signs checkpoints. `name`: the log's origin. */
export function signAcknowledgement(acknowledgement: Acknowledgement, name: string, signer: KeyObject): string {
  return signNote(`${FIRST_LINE}\n${JSON.stringify(acknowledgement)}\n`, name, signer);
}

/** Throws an Error that says what is wrong. */
export function openAcknowledgement(note: string, vkey: string): Acknowledgement {
  const [first, json = ''] = openNote(note, parseVerifierKey(vkey), 'acknowledgement').split('\n');
  if (first !== FIRST_LINE) throw new Error('what is signed is no acknowledgement');
  return JSON.parse(json) as Acknowledgement;
}

import { createHmac, createSecretKey } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Permit } from '../../access/policy/decision.js';

/** Entity tags of answers, each with the entry of its answer: the entry of a 304 names the answer that it confirms. */
export interface Etags {
  /** `W/"…"`. Equal if and only if grants, purpose, query, releases and day are equal. */
  of(permit: Permit, query: string, releases: readonly number[], today: string): string;
  remember(etag: string, entry: number): void;
  /** Index of the entry of the last answer that this node gave with this tag. */
  entryOf(etag: string): number | undefined;
}

const HELD = 50_000;

export function etags(key: Buffer): Etags {
  const held = new LRUCache<string, number>({ max: HELD });
  const secret = createSecretKey(key);
  return {
    of(permit, query, releases, today) {
      let text = `${permit.purpose}\0${releases.join(',')}\0${today}\0`;
      for (const access of permit.access.values()) text += `${access.key}\0`;
      const mac = createHmac('sha256', secret)
        .update(text + query)
        .digest('base64url');
      return `W/"${mac.slice(0, 27)}"`;
    },
    remember: (etag, entry) => void held.set(etag, entry),
    entryOf: (etag) => held.get(etag),
  };
}

import { randomUUID } from 'node:crypto';
import type { Draft } from '../../src/audit/entry.js';

/** A small entry; `about` replaces its members. */
export function makeDraft(about: Partial<Draft> = {}): Draft {
  return {
    request: randomUUID(),
    event: 'data.read',
    outcome: 'success',
    actor: { issuer: 'http://127.0.0.1', subject: 'grid-app', application: 'grid-app', department: 'grid-center' },
    accesses: [],
    answer: Buffer.from('{}'),
    sealed: { ask: null },
    ...about,
  };
}

/** Polls until the condition holds; fails the test after ten seconds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let left = 500; left > 0; left--) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`never came true: ${what}`);
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../client.js';

const LOOKS = 20;
const LOOK_MS = 250;

/** How it stands once it was taken back. */
export type TakenBack = 'cancelled' | 'ended';

/**
 * Drops an upload, or cancels the delivery that has taken it over. Never throws for a refusal; throws where the server can't be reached, or where
 * it does not end.
 */
export async function takeBack(client: Client, upload: string): Promise<TakenBack> {
  for (let look = 0; look < LOOKS; look++) {
    const dropped = await client.request('DELETE', upload);
    if (dropped.status === 204 || dropped.status === 404) return 'cancelled';
    const { location } = dropped.headers;
    if (location !== undefined) {
      const cancelled = await client.request('DELETE', location);
      if (cancelled.status === 200) return 'cancelled';
      if (cancelled.status === 409 && cancelled.text.includes('"conflict"')) {
        return /has ended: (cancelled|failed|rejected)/.test(cancelled.text) ? 'cancelled' : 'ended';
      }
    }
    await pause(LOOK_MS); // the delivery is only beginning, or is still being undone
  }
  throw new Error('It could not be taken back.');
}

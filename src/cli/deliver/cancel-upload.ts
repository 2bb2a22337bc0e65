import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../client.js';

const LOOKS = 20;
const LOOK_MS = 250;

/** The state after cancelling. */
export type CancelledState = 'cancelled' | 'ended';

/**
 * Drops an upload, or cancels the delivery that uses it. Never throws for a refusal; throws where the server is unreachable, or the delivery does not
 * end.
 */
export async function cancelUpload(client: Client, upload: string): Promise<CancelledState> {
  for (let look = 0; look < LOOKS; look++) {
    const dropped = await client.request('DELETE', upload);
    if (dropped.status === 204 || dropped.status === 404) return 'cancelled';
    const { location } = dropped.headers;
    if (typeof location === 'string') {
      const cancelled = await client.request('DELETE', location);
      if (cancelled.status === 200) return 'cancelled';
      if (cancelled.status === 409 && cancelled.text.includes('"conflict"')) {
        return /has ended: (cancelled|failed|rejected)/.test(cancelled.text) ? 'cancelled' : 'ended';
      }
    }
    await pause(LOOK_MS); // the delivery is just beginning, or still being undone
  }
  throw new Error('It could not be cancelled.');
}

import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../platform/errors.js';
import type { Exchange } from '../exchange.js';
import { type DeliveryView, readDelivery } from './deliveries.js';
import { recoverDeliveries } from './recover-deliveries.js';

const LOOK_MS = 100;
/** Shorter in total than a handler's time limit; a running statement finishes first. */
const LOOKS = 200;

/**
 * Cancels a delivery on any node: it ends `cancelled`, and the last release stays.
 * @throws Problem not-found, conflict (it ended in another way), in-progress (its undo is still running)
 */
export async function cancelDelivery(
  exchange: Exchange,
  by: { application: string; contractId: string; id: string },
): Promise<DeliveryView> {
  const found = await readDelivery(exchange, by);
  if (found === undefined) throw new Problem('not-found');
  if (found.ended !== null) throw ended(found);
  await exchange.database.app.query(
    'INSERT INTO exchange.delivery_cancel (delivery) VALUES ($1) ON CONFLICT (delivery) DO NOTHING',
    [by.id],
  );
  await recoverDeliveries(exchange); // a node that died can't react to the request
  for (let look = 0; look < LOOKS; look++) {
    const now = await readDelivery(exchange, by);
    if (now?.state === 'cancelled') return now;
    if (now !== undefined && now.ended !== null) throw ended(now);
    await pause(LOOK_MS);
  }
  throw new Problem('in-progress', 'The delivery is still being undone.', { retryAfter: 5 });
}

function ended({ state, release }: DeliveryView): Problem {
  return new Problem(
    'conflict',
    `The delivery has ended: ${state}${release === null ? '' : ` as release ${release}`}.`,
  );
}

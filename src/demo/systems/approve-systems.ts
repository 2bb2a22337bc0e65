import { approveUpstream } from '../../access/upstreams/change-upstream.js';
import { storeSecret } from '../../access/upstreams/secret.js';
import type { Exchange } from '../../exchange/exchange.js';
import { by } from '../load/register-demo.js';
import type { DepartmentSystem } from './department-system.js';

/** A system has a new port and secret at every start, so its approval and secret are entered again. */
export async function approveSystems(exchange: Exchange, systems: readonly DepartmentSystem[]): Promise<void> {
  for (const { publisher, name, draft, secret } of systems) {
    const { upstream } = await approveUpstream(exchange, { publisher, name, draft }, by(exchange));
    storeSecret(exchange.keys.directory, upstream, secret);
  }
}

import { approveUpstream } from '../../access/upstreams/change-upstream.js';
import { storeSecret } from '../../access/upstreams/secret.js';
import type { Exchange } from '../../exchange/exchange.js';
import { by } from '../load/register-demo.js';
import type { DepartmentSystem } from './department-system.js';

/** A system has another port and another secret at every start: it is approved anew, and its secret entered again. */
export async function approveSystems(exchange: Exchange, systems: readonly DepartmentSystem[]): Promise<void> {
  for (const { publisher, name, draft, secret } of systems) {
    const { upstream } = await approveUpstream(exchange, { publisher, name, draft }, by(exchange));
    storeSecret(exchange.keys.directory, upstream, secret);
  }
}

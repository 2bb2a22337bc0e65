import { approveUpstream } from '../../access/upstreams/change-upstream.js';
import { storeSecret } from '../../access/upstreams/secret.js';
import type { Exchange } from '../../exchange/exchange.js';
import type { CityInterface } from './city-interface.js';
import { by } from './register-demo.js';

/** The city's interface has a new port and a new secret at every start: it is approved anew, and its secret entered again. */
export async function approveCity(exchange: Exchange, { host, port, secret }: CityInterface): Promise<void> {
  const named = { publisher: 'police', name: 'city-check' };
  const draft = { kind: 'http', host, port, tls: 'none', private: false, secret: true } as const;
  const { upstream } = await approveUpstream(exchange, { ...named, draft }, by(exchange));
  storeSecret(exchange.keys.directory, upstream, { kind: 'bearer', token: secret });
}

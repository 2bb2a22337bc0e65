import pg from 'pg';
import { atServerOf, urlOfLogin } from './database-url.js';
import type { Login } from './logins.js';
import type { Servers } from './servers.js';
import { enterSession } from './session.js';
import { type ConnectionSettings, connectionSettings, sessionTypes } from './session-settings.js';
import type { Wall } from './walls.js';

/** How a connection of one wall is opened. */
export interface WayIn {
  settings: ConnectionSettings;
  Client: typeof pg.Client;
  /** Before the connection is used. Throws SessionRefusal. */
  enter(client: pg.ClientBase): Promise<void>;
}

export interface Entrances {
  servers: Servers;
  login(wall: Wall): Login;
  /** ms, for one statement of the reader. */
  readMs: number;
}

export function wayIn(wall: Wall, { servers, login, readMs }: Entrances): WayIn {
  const { database, ...user } = login(wall);
  return {
    settings: connectionSettings(urlOfLogin(servers.primary(), { ...user, database })),
    Client: clientClass(servers),
    enter: (client) => enterSession(client, { wall, database, readMs }),
  };
}

/** With several servers each new connection goes to the present primary, and each lost one makes us look for it again. */
function clientClass(servers: Servers): typeof pg.Client {
  if (servers.alone) return pg.Client;
  return class extends pg.Client {
    constructor(config: pg.ClientConfig = {}) {
      super({ ...config, connectionString: atServerOf(config.connectionString ?? '', servers.primary()) });
      this.once('end', servers.lookAgain);
    }
  };
}

/** Opens no connection before its first use. */
export function openPool({ settings, Client, enter }: WayIn, max: number): pg.Pool {
  const pool = new pg.Pool({
    ...settings,
    max,
    Client,
    onConnect: enter,
    types: sessionTypes,
    idleTimeoutMillis: 30_000,
  });
  // Both listeners are needed: an idle client reports to the pool, a checked-out one only to itself, and an unhandled error ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A connection that its caller closes. */
export function openClient(way: WayIn): Promise<pg.Client> {
  return entered(way, new way.Client({ ...way.settings, types: sessionTypes }));
}

/** Connects, and gives the client out when its session is what it must be. */
export async function entered(way: WayIn, client: pg.Client): Promise<pg.Client> {
  // The failing query and the `end` event report the loss.
  client.on('error', () => {});
  await client.connect();
  try {
    await way.enter(client);
    return client;
  } catch (error) {
    client.end().catch(() => {}); // a server that hangs does not say goodbye
    throw error;
  }
}

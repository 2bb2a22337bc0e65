import pg from 'pg';
import { findServers } from './servers.js';
import { connectionSettings } from './session-settings.js';
import { startRefusal } from './start-refusal.js';

/** Work on one connection as the user of the URL, at the server that takes writes. Throws what `startRefusal` makes of a failure to connect. */
export async function withAdministrator<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(url: string): Promise<pg.Client> {
  try {
    const servers = await findServers(url);
    servers.close();
    const client = new pg.Client(connectionSettings(servers.primary()));
    client.on('error', () => {}); // the failing query reports it
    await client.connect();
    return client;
  } catch (error) {
    throw startRefusal(error);
  }
}

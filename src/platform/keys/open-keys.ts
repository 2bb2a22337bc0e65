import pg from 'pg';
import { findServers } from '../postgres/sessions/servers.js';
import { connectionSettings } from '../postgres/sessions/session-settings.js';
import { startRefusal } from '../postgres/sessions/start-refusal.js';
import { type KeyPlace, openKeyFiles } from './key-files.js';
import type { Keys } from './keys.js';
import { type KnownKeys, withKnownKeys } from './known-keys.js';

/**
 * Opens the keys for a migrated database, whose first node makes them. Each is compared with the fingerprint that the database has since then.
 * Throws Problem where the database fails, Error with one line (cause and remedy) where the keys are not those of this database.
 */
export async function openKeys(place: KeyPlace, databaseUrl: string): Promise<Keys> {
  let refused: unknown;
  const open = (known: KnownKeys) =>
    openKeyFiles(place, known).catch((error: unknown) => {
      refused = error;
      throw error;
    });
  try {
    const servers = await findServers(databaseUrl);
    servers.close();
    const client = new pg.Client(connectionSettings(servers.primary()));
    client.on('error', () => {}); // the failing query reports the loss
    await client.connect();
    await client.query('SET ROLE exchange_app');
    return (await withKnownKeys(client, open).finally(() => client.end())).keys;
  } catch (error) {
    throw error === refused ? error : startRefusal(error);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { errorCode, Problem } from '../../errors.js';
import { serverName, serverUrls } from './database-url.js';
import { connectionSettings } from './session-settings.js';

/** The servers that a database URL names. */
export interface Servers {
  /** Only one server is named. */
  alone: boolean;
  /** URL of the server that took writes when it was last seen. */
  primary(): string;
  /** Looks for the primary in the background, until there is one. */
  lookAgain(): void;
  close(): void;
}

const PROBE_MS = 5_000;
const RETRY_MS = 500;
const PRIMARY = 'takes writes';

/** The first of the servers that takes writes. Throws Problem `unavailable` that names each server, where none does. */
export async function findServers(url: string): Promise<Servers> {
  const urls = serverUrls(url);
  const [first = ''] = urls;
  if (urls.length === 1) return { alone: true, primary: () => first, lookAgain() {}, close() {} };
  let primary = await findPrimary(urls);
  let looking = false;
  let closed = false;
  const look = async (): Promise<void> => {
    for (looking = true; looking && !closed; ) {
      try {
        primary = await findPrimary(urls);
        looking = false;
      } catch {
        await pause(RETRY_MS, undefined, { ref: false });
      }
    }
  };
  return {
    alone: false,
    primary: () => primary,
    lookAgain: () => void (looking || look()),
    close: () => {
      closed = true;
    },
  };
}

async function findPrimary(urls: readonly string[]): Promise<string> {
  const states = await Promise.all(urls.map(stateOf));
  const index = states.indexOf(PRIMARY);
  const found = urls[index];
  if (found !== undefined) return found;
  const seen = urls.map((url, i) => `${serverName(url)} ${states[i]}`);
  throw new Problem('unavailable', `No server of DATABASE_URL takes writes: ${seen.join(', ')}.`);
}

async function stateOf(url: string): Promise<string> {
  const client = new pg.Client({
    ...connectionSettings(url),
    connectionTimeoutMillis: PROBE_MS,
    query_timeout: PROBE_MS,
  });
  client.on('error', () => {}); // the failing call reports it
  try {
    await client.connect();
    const { rows } = await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
    return rows[0]?.standby === false ? PRIMARY : 'is a standby';
  } catch (error) {
    return `does not answer (${errorCode(error) ?? 'timeout'})`;
  } finally {
    client.end().catch(() => {});
  }
}

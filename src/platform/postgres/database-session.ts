import pg from 'pg';
import { Problem } from '../errors.js';

export interface SessionSettings {
  connectionString: string;
  application_name: string;
  connectionTimeoutMillis: number;
  keepAlive: boolean;
}

/** Checks the form of the URL and removes parameters that would override our session options. Throws Error that quotes no part of the URL. */
export function connectionSettings(url: string): SessionSettings {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new Error('The database URL is malformed; expected postgres://user:password@host:port/database.');
  }
  if (!/^postgres(ql)?:$/.test(parsed.protocol)) throw new Error('The database URL must begin with postgres://.');
  for (const name of ['options', 'application_name', 'statement_timeout', 'query_timeout', 'pipeline']) {
    parsed.searchParams.delete(name);
  }
  return {
    connectionString: parsed.href,
    application_name: 'civic-exchange',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
}

const DATE_OIDS = new Set([1082, 1182]);
const asText = (value: string | Buffer): string | Buffer => value;

/** A date stays text, because a calendar date has no zone and `pg` would make it local midnight. int8 and numeric are text by default. */
export const sessionTypes = {
  getTypeParser: ((oid: number, format?: 'text') =>
    DATE_OIDS.has(oid) ? asText : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

interface ServerClient {
  query(text: string): Promise<{ rows: Record<string, string>[] }>;
}

/** `audit.md`: an acknowledged entry must survive a crash, so a server or session that may lose commits is refused. */
export async function refuseUnsafeServer(client: ServerClient): Promise<void> {
  const names = ['fsync', 'full_page_writes', 'synchronous_commit'];
  const columns = names.map((name) => `current_setting('${name}') AS ${name}`).join(', ');
  const { rows } = await client.query(`SELECT ${columns}`);
  const off = names.filter((name) => rows[0]?.[name] === 'off');
  if (off.length > 0) throw new Problem('internal', `PostgreSQL may lose committed entries: ${off.join(', ')} is off.`);
}

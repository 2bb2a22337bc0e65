import pg from 'pg';

export interface ConnectionSettings {
  connectionString: string;
  application_name: string;
  connectionTimeoutMillis: number;
  keepAlive: boolean;
}

/** What every connection of ours is opened with. `url` is one of `serverUrls`. */
export function connectionSettings(url: string): ConnectionSettings {
  return {
    connectionString: url,
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

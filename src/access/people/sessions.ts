import type { Database } from '../../platform/postgres/database.js';

/** Sessions of people. A token of a session that has ended opens nothing, although it has not expired. */
export interface Sessions {
  /** Notes that the session is used. False where it has ended: signed out, idle for 15 minutes, or 12 hours old. */
  use(id: string, login: string): Promise<boolean>;
}

const OPEN = `ended_at IS NULL AND used_at > now() - interval '15 minutes' AND began_at > now() - interval '12 hours'`;

export function openSessions(database: Database): Sessions {
  return {
    async use(id, login) {
      const text = `UPDATE exchange.session SET used_at = now() WHERE id = $1 AND login = $2 AND ${OPEN}`;
      const { rowCount } = await database.app.query(text, [id, login]);
      return rowCount === 1;
    },
  };
}

import { hash } from 'node:crypto';
import type { Database } from '../../platform/postgres/database.js';

/** A session of a person, as the person sees it. */
interface PersonSession {
  id: string;
  /** The program in front of the person. */
  client: string;
  address: string;
  beganAt: Date;
  usedAt: Date;
}

/** Sessions of people. A token of a session that has ended opens nothing, although it has not expired. */
export interface Sessions {
  begin(session: Pick<PersonSession, 'id' | 'client' | 'address'> & { login: string }): Promise<void>;
  /** Notes that the session is used. False where it has ended: signed out, idle for 15 minutes, or 12 hours old. */
  use(id: string, login: string): Promise<boolean>;
  listOpen(login: string): Promise<PersonSession[]>;
  /** Ends one session of the person, or all, at once on every node. Returns how many. */
  end(login: string, id?: string): Promise<number>;
}

const OPEN = `ended_at IS NULL AND used_at > now() - interval '15 minutes' AND began_at > now() - interval '12 hours'`;

export function openSessions(database: Database): Sessions {
  return {
    async begin({ id, login, client, address }) {
      const text = 'INSERT INTO exchange.session (id, login, client, address) VALUES ($1, $2, $3, $4)';
      await database.app.query(text, [id, login, client, address]);
    },
    async use(id, login) {
      const text = `UPDATE exchange.session SET used_at = now() WHERE id = $1 AND login = $2 AND ${OPEN}`;
      const { rowCount } = await database.app.query(text, [id, login]);
      return rowCount === 1;
    },
    async listOpen(login) {
      const text = `SELECT id, client, address, began_at AS "beganAt", used_at AS "usedAt" FROM exchange.session
        WHERE login = $1 AND ${OPEN} ORDER BY began_at DESC LIMIT 100`;
      return (await database.app.query<PersonSession>(text, [login])).rows;
    },
    async end(login, id) {
      const text = `UPDATE exchange.session SET ended_at = now() WHERE login = $1 AND ended_at IS NULL AND ($2::uuid IS NULL OR id = $2)`;
      return (await database.app.query(text, [login, id ?? null])).rowCount ?? 0;
    },
  };
}

/** The id (UUID) of the session that the authorization server's grant began. */
export function sessionOf(grantId: string): string {
  const hex = hash('sha256', `session ${grantId}`, 'hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
}

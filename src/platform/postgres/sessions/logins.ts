import pg from 'pg';
import { SessionRefusal } from './session-refusal.js';
import { loginName, loginPassword, scramVerifier, settingsOf, WALL_NAMES, WALLS, type Wall } from './walls.js';

export interface Login {
  user: string;
  password: string;
  database: string;
}

export interface LoginOptions {
  /** 32 bytes that all nodes of the installation share; the passwords follow from them. */
  key: Buffer;
  /** ms, for one statement of the reader. */
  readMs: number;
}

interface Server {
  database: string;
  admin: string;
  version: number;
  mayCreate: boolean;
  present: string[];
}

/** An arbitrary number: nodes that start together make the logins one after the other. */
const LOGIN_LOCK = 7_346_022;

/**
 * Makes the login of each wall where it is absent, and sets its password and rights again where it is there. A user who may not create roles takes
 * the logins as they are. Throws SessionRefusal where one is missing, or may do more than its wall.
 */
export async function provideLogins(admin: pg.ClientBase, options: LoginOptions): Promise<(wall: Wall) => Login> {
  const server = await inspect(admin);
  const missing = WALL_NAMES.filter((wall) => !server.present.includes(loginName(wall, server.database)));
  if (server.mayCreate) await provide(admin, server, options);
  else if (missing.length > 0) {
    const names = missing.map((wall) => loginName(wall, server.database)).join(', ');
    throw new SessionRefusal(
      `The logins ${names} are missing, and ${server.admin} may not create them: ALTER ROLE ${server.admin} CREATEROLE.`,
    );
  }
  await refuseExcess(admin, server);
  return (wall) => {
    const user = loginName(wall, server.database);
    return { user, password: loginPassword(options.key, user), database: server.database };
  };
}

async function inspect(admin: pg.ClientBase): Promise<Server> {
  const { rows } = await admin.query<Server>(
    `SELECT current_database()::text AS database, current_user::text AS admin, current_setting('server_version_num')::int AS version,
       r.rolsuper OR r.rolcreaterole AS "mayCreate",
       (SELECT coalesce(array_agg(rolname::text), '{}') FROM pg_roles WHERE starts_with(rolname, 'exchange_')) AS present
     FROM pg_roles r WHERE r.rolname = current_user`,
  );
  const [server] = rows;
  if (server === undefined) throw new Error('a session has a user');
  return server;
}

async function provide(admin: pg.ClientBase, server: Server, options: LoginOptions): Promise<void> {
  const database = pg.escapeIdentifier(server.database);
  const users = WALL_NAMES.map((wall) => loginName(wall, server.database));
  const statements = [
    'BEGIN',
    `SELECT pg_advisory_xact_lock(${LOGIN_LOCK})`,
    ...users.map(
      (user) =>
        `DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${user}') THEN CREATE ROLE ${user}; END IF; END $$`,
    ),
    ...WALL_NAMES.flatMap((wall) => rightsOf(wall, server, options)),
    // The roles of the walls are one for the whole server: another exchange's logins must not come in through them.
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC, exchange_owner`,
    `GRANT CONNECT ON DATABASE ${database} TO ${users.join(', ')}`,
    'COMMIT',
  ];
  await admin.query(statements.join(';\n')).catch(async (error) => {
    await admin.query('ROLLBACK').catch(() => {}); // the connection is lost then
    throw error;
  });
}

function rightsOf(wall: Wall, { database, version }: Server, { key, readMs }: LoginOptions): string[] {
  const user = loginName(wall, database);
  const { role, becomesRole } = WALLS[wall];
  const options = version >= 160_000 ? ` WITH INHERIT TRUE, SET ${becomesRole ? 'TRUE' : 'FALSE'}` : '';
  const settings = Object.entries(settingsOf(wall, readMs)).map(
    ([name, value]) => `ALTER ROLE ${user} SET ${name} TO ${value.includes('pg_catalog') ? value : `'${value}'`}`,
  );
  return [
    `ALTER ROLE ${user} LOGIN PASSWORD '${scramVerifier(key, user)}'`,
    `GRANT ${role} TO ${user}${options}`,
    ...settings,
  ];
}

/** Whoever made a login may have given it more. */
async function refuseExcess(admin: pg.ClientBase, { database }: Server): Promise<void> {
  const pairs = WALL_NAMES.map((wall) => `('${loginName(wall, database)}', '${WALLS[wall].role}')`);
  const { rows } = await admin.query<{ login: string }>(
    `SELECT login FROM (VALUES ${pairs.join(', ')}) w (login, role) JOIN pg_roles r ON r.rolname = login
     WHERE rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls
       OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                  WHERE m.member = r.oid AND (g.rolname <> role OR m.admin_option))`,
  );
  if (rows.length === 0) return;
  const names = rows.map(({ login }) => login).join(', ');
  throw new SessionRefusal(
    `${names} may do more than an exchange's login: take its attributes and other memberships away.`,
  );
}

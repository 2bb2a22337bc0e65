import Type, { type Static } from 'typebox';
import { Check } from 'typebox/value';
import type { Queryable } from '../../audit/tree/stored-tree.js';
import type { Database } from '../../platform/postgres/database.js';
import type { Person } from '../people/person.js';
import type { Secrets } from './secrets.js';

const shape = Type.Object({
  /** PHC text of argon2id. */
  password: Type.String(),
  /** TOTP secret, base32. */
  totp: Type.String(),
});

/** What a person signs in with. Only sealed in the database, and nowhere else. */
type Credential = Static<typeof shape>;

/** Undefined where the person has none, or it was sealed for another enrolment. */
export async function readCredential(
  database: Database,
  secrets: Secrets,
  { login, enrolment }: Person,
): Promise<Credential | undefined> {
  const text = 'SELECT sealed FROM exchange.credential WHERE login = $1';
  const { rows } = await database.app.query<{ sealed: Buffer }>(text, [login]);
  const opened = rows[0] && secrets.open(aboutOf(login, enrolment), rows[0].sealed);
  if (opened === undefined) return undefined;
  const found: unknown = JSON.parse(opened);
  return Check(shape, found) ? found : undefined;
}

export interface NewCredential extends Credential {
  login: string;
  /** The enrolment that it is for. */
  enrolment: number;
  /** The step whose code was used to enrol. */
  step: number;
  recovery: readonly Buffer[];
}

/** Replaces what the person had. */
export async function writeCredential(client: Queryable, secrets: Secrets, made: NewCredential): Promise<void> {
  const { login, enrolment, step, recovery, password, totp } = made;
  await client.query(
    `INSERT INTO exchange.credential (login, sealed, totp_step, recovery) VALUES ($1, $2, $3, $4)
     ON CONFLICT (login) DO UPDATE SET sealed = excluded.sealed, totp_step = excluded.totp_step, recovery = excluded.recovery`,
    [login, secrets.seal(aboutOf(login, enrolment), JSON.stringify({ password, totp })), step, recovery],
  );
}

const aboutOf = (login: string, enrolment: number) => `credential ${login} ${enrolment}`;

import type { Clock } from '../../platform/clock.js';
import { Problem } from '../../platform/errors.js';
import type { Database } from '../../platform/postgres/database.js';
import { inTransaction } from '../../platform/postgres/in-transaction.js';
import { type Person, subjectOf } from '../people/person.js';
import { type ChangeDependencies, changePolicy } from '../policy/change-policy.js';
import { writeCredential } from './credential.js';
import { hashPassword, passwordFault } from './password.js';
import { newRecoveryCodes, newTotpSecret, recoveryDigest, stepOf } from './second-factor.js';
import type { Secrets } from './secrets.js';

const DAYS = 3;

/** A link by which an invited person enrols, once. Who holds it is the person: it is shown once, and only its digest is kept. */
export async function openInvitation(
  { database, clock, secrets }: { database: Database; clock: Clock; secrets: Secrets },
  login: string,
  publicUrl: string,
): Promise<{ link: string; expiresAt: string }> {
  const token = clock.randomBytes(32).toString('base64url');
  const { rows } = await database.app.query<{ until: Date }>(
    `INSERT INTO exchange.invitation (login, digest, expires_at) VALUES ($1, $2, now() + make_interval(days => $3))
     ON CONFLICT (login) DO UPDATE SET digest = excluded.digest, sealed = NULL, expires_at = excluded.expires_at
     RETURNING expires_at AS until`,
    [login, secrets.digest('invitation', token), DAYS],
  );
  return { link: `${publicUrl}/invitation/${token}`, expiresAt: (rows[0]?.until ?? new Date(0)).toISOString() };
}

export type InvitationDependencies = ChangeDependencies & { secrets: Secrets; publicUrl: string };

export interface Invited {
  person: Person;
  /** TOTP secret to enrol, base32: the same until the invitation is accepted. */
  totp: string;
}

/** Throws Problem `not-found` for a link that is unknown, used, replaced or expired. */
export async function findInvitation(dependencies: InvitationDependencies, token: string): Promise<Invited> {
  const { database, policy, secrets } = dependencies;
  const digest = secrets.digest('invitation', token);
  const { rows } = await database.app.query<{ login: string; sealed: Buffer }>(
    `UPDATE exchange.invitation SET sealed = coalesce(sealed, $2) WHERE digest = $1 AND expires_at > now()
     RETURNING login, sealed`,
    [digest, secrets.seal(`enrolling ${digest.toString('hex')}`, newTotpSecret())],
  );
  const person = policy.current().people.get(rows[0]?.login ?? '');
  const totp = rows[0] && secrets.open(`enrolling ${digest.toString('hex')}`, rows[0].sealed);
  if (totp === undefined || person?.status !== 'invited') throw new Problem('not-found', 'The link is used or expired');
  return { person, totp };
}

/**
 * Enrols password and device, and returns the ten recovery codes, which nobody sees again. Of two at once one succeeds. Throws Problem `not-found` as
 * `findInvitation`, `unprocessable` naming what is wrong with password or code.
 */
export async function acceptInvitation(
  dependencies: InvitationDependencies,
  token: string,
  { password, code }: { password: string; code: string },
): Promise<{ person: Person; recovery: string[] }> {
  const { database, clock, secrets } = dependencies;
  const { person, totp } = await findInvitation(dependencies, token);
  const { login } = person;
  const step = stepOf(totp, code.replaceAll(/\s/g, ''), clock);
  const wrongCode = { parameter: 'code', reason: 'This is not the code that the device shows now' };
  const faults = [passwordFault(password, login), step === undefined ? wrongCode : undefined].filter(
    (each) => each !== undefined,
  );
  if (faults.length > 0 || step === undefined) throw new Problem('unprocessable', 'Not enrolled', { faults });
  const recovery = newRecoveryCodes(clock);
  const made = {
    login,
    enrolment: person.enrolment + 1,
    step,
    password: await hashPassword(password),
    totp,
    recovery: recovery.map((each) => recoveryDigest(secrets, login, each)),
  };
  await inTransaction(database.app, async (tx) => {
    const { rowCount } = await tx.query('DELETE FROM exchange.invitation WHERE digest = $1', [
      secrets.digest('invitation', token),
    ]);
    if (rowCount === 0) throw new Problem('not-found', 'The link is used or expired');
    await writeCredential(tx, secrets, made);
  });
  return { person: await enrol(dependencies, person), recovery };
}

async function enrol(dependencies: InvitationDependencies, invited: Person): Promise<Person> {
  const { login, enrolment, department } = invited;
  const actor = { issuer: dependencies.publicUrl, subject: subjectOf(login), application: 'invitation', department };
  const by = { actor, request: dependencies.clock.uuid() };
  const { index } = await changePolicy(dependencies, by, ({ people }) => {
    const person = people.get(login);
    if (person?.status !== 'invited' || person.enrolment !== enrolment)
      throw new Problem('conflict', 'The account was changed meanwhile: ask for another link');
    const document: Person = { ...person, status: 'active', enrolment: enrolment + 1 };
    return { kind: 'person', id: login, document, event: 'person.enrolled' };
  });
  return index.people.get(login) ?? invited;
}

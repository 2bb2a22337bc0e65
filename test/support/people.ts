import { importJWK, SignJWT } from 'jose';
import { audienceUri } from '../../src/access/identity/audience.js';
import { type Person, subjectOf } from '../../src/access/people/person.js';
import type { PersonRole } from '../../src/access/people/role.js';
import { changePolicy } from '../../src/access/policy/change-policy.js';
import type { Exchange } from '../../src/exchange/exchange.js';

export interface PersonDraft {
  department: string;
  roles: PersonRole[];
  name?: string;
  status?: Person['status'];
  demo?: true;
}

/** Writes the record of a person as the log has it, or the next version of it: then the change holds when this returns. */
export async function registerPerson(exchange: Exchange, login: string, draft: PersonDraft): Promise<Person> {
  const by = { actor: null, request: exchange.clock.uuid() };
  const { index } = await changePolicy(exchange, by, ({ people }) => {
    const document: Person = {
      login,
      name: login,
      status: 'active',
      since: new Date(exchange.clock.now()).toISOString(),
      tokensNotBefore: 0,
      enrolment: 1,
      ...people.get(login),
      ...draft,
    };
    return { kind: 'person', id: login, document, event: 'person.registered' };
  });
  return index.people.get(login)!;
}

/** An access token of the person for the platform API, in a session of its own, as the authorization server issues it: no password is hashed. */
export async function personToken(
  exchange: Exchange,
  login: string,
  more: { audience?: 'data' | 'platform'; session?: string } = {},
): Promise<string> {
  const { keys, config, clock, database } = exchange;
  const session = more.session ?? clock.uuid();
  if (more.session === undefined)
    await database.app.query(
      "INSERT INTO exchange.session (id, login, client, address) VALUES ($1, $2, 'exchange-cli', '127.0.0.1')",
      [session, login],
    );
  const now = Math.floor(clock.now() / 1_000);
  return new SignJWT({ client_id: 'exchange-cli', sid: session })
    .setProtectedHeader({ alg: 'ES256', kid: keys.tokenSigner.kid, typ: 'at+jwt' })
    .setIssuer(config.publicUrl)
    .setSubject(subjectOf(login))
    .setAudience(audienceUri(config, more.audience ?? 'platform'))
    .setJti(clock.uuid())
    .setIssuedAt(now)
    .setExpirationTime(now + 300)
    .sign(await importJWK(keys.tokenSigner, 'ES256'));
}

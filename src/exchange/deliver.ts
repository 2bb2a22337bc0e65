import type pg from 'pg';
import type { Permit } from '../access/policy/decision.js';
import type { PolicyIndex } from '../access/policy/policy.js';
import type { Receipt } from '../audit/entry.js';
import { advance, type Delivery } from '../ingest/delivery.js';
import { type Landed, land } from '../ingest/land.js';
import { dropStaging, openDelivery, releaseLife } from '../ingest/open-delivery.js';
import { type Ended, publish } from '../ingest/publish.js';
import type { Body } from '../ingest/receive.js';
import { faultsOf } from '../ingest/set-aside.js';
import type { Charset } from '../ingest/sources/charset.js';
import { sourceOf } from '../ingest/sources/open.js';
import { Unreadable } from '../ingest/sources/source.js';
import { createStaging } from '../ingest/staging.js';
import { startValidation, type Validation, type Validator, validatorOf } from '../ingest/validate.js';
import { databaseProblem } from '../platform/database-problem.js';
import { Problem } from '../platform/errors.js';
import { loadStandard } from '../standard/standard.js';
import { decideAgain } from './authorise-delivery.js';
import type { Call } from './call.js';
import { endedEntry, failedEntry } from './delivery-entries.js';
import type { Exchange } from './exchange.js';

/** A batch handed over, authorised. */
export interface Offer {
  id: string;
  call: Call;
  permit: Permit;
  index: PolicyIndex;
  mode: 'snapshot' | 'delta';
  mediaType: 'text/csv' | 'application/x-ndjson';
  charset: Charset | undefined;
  body: Body;
  /** Called when the body has been read whole and is sound. */
  onLanded?: () => void;
}

/** Under a storm of policy changes a delivery is decided again this often before it fails. */
const ATTEMPTS = 8;

/**
 * receive → validate → land → publish → record. Ends published or rejected, with its entry; whatever breaks off in between leaves the last
 * release untouched, and the delivery can be sent again.
 * @throws Problem too-large, bad-body, digest-mismatch, unavailable, internal, or the code of a denial: the delivery has failed
 */
export async function deliver(exchange: Exchange, offer: Offer): Promise<Ended> {
  const client = await exchange.database.owner.connect().catch((error) => Promise.reject(databaseProblem(error)));
  const run = await begin(exchange, client, offer).catch((error) => {
    client.release(true);
    throw databaseProblem(error);
  });
  try {
    const landed = await receiveAndLand(exchange, run);
    offer.onLanded?.();
    const ended = await publishAndRecord(exchange, run, landed);
    if (ended.delivery.release !== null) exchange.releases.moved(run.validator.contract.name, ended.delivery.release);
    return ended;
  } catch (error) {
    if (error instanceof Unreadable) return await refuse(exchange, run, error);
    throw await fail(exchange, run, error);
  } finally {
    await releaseLife(client, offer.id).then(
      () => client.release(),
      () => client.release(true),
    );
  }
}

interface Run {
  client: pg.PoolClient;
  offer: Offer;
  delivery: Delivery;
  validator: Validator;
  validation: Validation;
  source: ReturnType<typeof sourceOf>;
  progress: Landed;
}

async function begin(exchange: Exchange, client: pg.PoolClient, offer: Offer): Promise<Run> {
  const { contract, grant } = offer.permit.access.get('')!;
  const validator = validatorOf(contract, loadStandard());
  const source = sourceOf(offer.mediaType, offer.charset, offer.body.content());
  const validation = startValidation(validator, { keys: exchange.keys, scope: grant.rows, mode: offer.mode, source });
  const delivery = await openDelivery(client, {
    id: offer.id,
    line: contract.name,
    contract: { id: contract.id, hash: contract.hash },
    application: offer.call.subject.sub,
    grant: grant.id,
    mode: offer.mode,
    mediaType: offer.mediaType,
    node: exchange.node,
  });
  const progress: Landed = { received: 0, rejected: 0, faults: new Map() };
  return { client, offer, delivery, validator, validation, source, progress };
}

async function receiveAndLand(exchange: Exchange, run: Run): Promise<Landed> {
  const { client, validator, source, validation, offer } = run;
  await createStaging(client, offer.id, validator);
  const landing = { client, app: exchange.database.app, deliveryId: offer.id, validator, source, validation };
  const landed = await land(landing, run.progress);
  run.delivery = await advance(client, run.delivery, 'landed', {
    digest: digestOf(offer.body),
    bytes: offer.body.bytes(),
  });
  return landed;
}

/** The decision is made anew under the epoch of the very commit: what was revoked while the body came in publishes nothing. */
async function publishAndRecord(exchange: Exchange, run: Run, landed: Landed): Promise<Ended> {
  const { client, offer, delivery, validator, validation } = run;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const decided = decideAgain(exchange, offer.call, validator.contract.id);
    if (decided.outcome === 'deny') throw new Problem('denial' in decided ? decided.denial.code : decided.code);
    const { permit, index } = decided;
    if (permit.access.get('')!.grant.version !== offer.permit.access.get('')!.grant.version)
      throw new Problem('conflict');
    try {
      return await publish({
        client,
        delivery,
        validator,
        scope: permit.access.get('')!.grant.rows,
        landed,
        unmapped: [...validation.unmapped],
        suspicious: validation.suspicious(),
        record: async (tx, ended) => {
          const draft = endedEntry({ call: offer.call, index, permit }, ended);
          const { receipts } = await exchange.log.appendIn(tx, [draft], { policy: false });
          return receipts[0]!;
        },
      });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'conflict') throw error;
      await exchange.policy.reach(index.epoch + 1).catch(() => undefined); // where validity ended instead, the next decision says so
    }
  }
  throw new Problem('unavailable', 'The policy changes too quickly to decide. Send it again.', { retryAfter: 1 });
}

/** Nobody can tell its rows apart: rejected whole, with what had been read of it set aside or dropped. */
async function refuse(exchange: Exchange, run: Run, unreadable: Unreadable): Promise<Ended> {
  const { client, offer, validation, progress } = run;
  try {
    await offer.body.drain();
    await client.query('BEGIN');
    await dropStaging(client, offer.id);
    const { received, rejected, faults } = progress;
    const ended = await advance(client, run.delivery, 'rejected', {
      digest: digestOf(offer.body),
      bytes: offer.body.bytes(),
      counts: { ...run.delivery.counts, received, rejected, accepted: received - rejected },
      report: {
        unmapped: [...validation.unmapped],
        faults: faultsOf(faults),
        refused: { rule: unreadable.rule, reason: unreadable.message, line: unreadable.line },
      },
    });
    const { epoch: _, notAfter: __, ...draft } = endedEntry({ ...offer }, ended);
    const { receipts } = await exchange.log.appendIn(client, [draft], { policy: false });
    await client.query('COMMIT');
    return { delivery: ended, receipt: receipts[0] as Receipt };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw await fail(exchange, run, error);
  }
}

/** Marks the delivery failed and drops what it staged, as far as the database still answers; the next start does the rest. */
async function fail(exchange: Exchange, run: Run, error: unknown): Promise<Problem> {
  const { client, offer } = run;
  const problem = isBrokenOff(error) ? new Problem('bad-body', 'The body broke off') : databaseProblem(error);
  await exchange.log.append(failedEntry({ ...offer }, offer.id, problem.code)).catch(() => undefined);
  try {
    await dropStaging(client, offer.id);
    const refused = { rule: problem.code, reason: problem.message };
    const report = { unmapped: [...run.validation.unmapped], faults: [], refused };
    await advance(client, run.delivery, 'failed', { report, bytes: offer.body.bytes() });
  } catch {
    // recoverDeliveries ends it
  }
  return problem;
}

/** The sender went away: no failure of ours. `pg` gives its lost connections no such code with a stream's name on it. */
function isBrokenOff(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ECONNRESET' && message === 'aborted';
}

function digestOf(body: Body): string {
  return `sha-256=:${body.digest().toString('base64')}:`;
}

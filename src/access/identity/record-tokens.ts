import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { AuditLog } from '../../audit/log.js';
import { enter } from '../../audit/recorded.js';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';
import { databaseProblem } from '../../platform/postgres/database-problem.js';
import { loginOf } from '../people/person.js';
import type { Policy } from '../policy/policy.js';
import type { Refusals } from './refusals.js';

interface TokenRecording {
  config: Pick<Config, 'publicUrl'>;
  policy: Policy;
  clock: Clock;
  log: AuditLog;
  refusals: Refusals;
}

/**
 * Wraps the token endpoint. A token leaves only after its entry commits. A refusal is counted by address, reason and minute. An unreachable database
 * gives 503, not the library's 500.
 */
export function recordTokens(
  provider: Provider,
  recording: TokenRecording,
): (context: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void> {
  const failures = new WeakMap<object, unknown>();
  provider.on('server_error', (context, error) => failures.set(context, error));
  return async (context, next) => {
    await next();
    if (context.path !== '/oauth2/token') return;
    const failure = failures.get(context);
    if (failure !== undefined) {
      if (failure instanceof RangeError) answerMalformed(context);
      else if (databaseProblem(failure).code === 'unavailable') answerUnavailable(context);
      return;
    }
    if (context.status === 200) {
      await recordIssued(context, recording).catch(() => answerUnavailable(context));
    } else {
      const body = context.body as { error?: string; error_uri?: string } | undefined;
      if (body?.error === 'unauthorized_client') body.error_uri = `${recording.config.publicUrl}/problems/suspended`;
      recording.refusals.note('login.failed', context.ip, body?.error ?? 'invalid_request');
    }
  };
}

async function recordIssued(context: KoaContextWithOIDC, recording: TokenRecording): Promise<void> {
  const { config, policy, clock, log } = recording;
  const clientId = context.oidc.client?.clientId ?? '';
  const { ClientCredentials, AccessToken } = context.oidc.entities;
  const token = ClientCredentials ?? AccessToken;
  const subject = AccessToken?.accountId ?? clientId;
  const { applications, people } = policy.current();
  const who = applications.get(clientId) ?? people.get(loginOf(subject) ?? '');
  await enter(log, {
    request: clock.uuid(),
    event: 'token.issued',
    outcome: 'success',
    actor: {
      issuer: config.publicUrl,
      subject,
      application: clientId,
      department: who?.department ?? '',
    },
    accesses: [],
    sealed: { ask: null, address: context.ip },
    detail: { resource: String(token?.aud ?? '') },
  });
}

/** The library copies the claims of an assertion by recursion: what is nested without end is no failure of ours. */
function answerMalformed(context: KoaContextWithOIDC): void {
  context.status = 400;
  context.body = { error: 'invalid_request' };
}

function answerUnavailable(context: KoaContextWithOIDC): void {
  context.status = 503;
  context.set('Retry-After', '2');
  context.body = { error: 'temporarily_unavailable' };
}

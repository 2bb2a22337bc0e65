import { LRUCache } from 'lru-cache';
import type { Clock } from '../../platform/clock.js';
import type { Config } from '../../platform/config.js';

export interface RateTaken {
  ok: boolean;
  /** Requests in a full bucket. */
  limit: number;
  remaining: number;
  /** Seconds until one more request is allowed (refused), or until the bucket is full (taken). */
  resetSeconds: number;
}

export interface RateLimit {
  /** Takes one request from the application's bucket. */
  take(clientId: string): RateTaken;
}

interface Bucket {
  tokens: number;
  /** ms */
  at: number;
}

const BUCKETS_AT_MOST = 10_000;

/** A token bucket per application in this process: `config.rate`. */
export function openRateLimit({ config, clock }: { config: Pick<Config, 'rate'>; clock: Clock }): RateLimit {
  const { perSecond, burst } = config.rate;
  const buckets = new LRUCache<string, Bucket>({ max: BUCKETS_AT_MOST });

  function bucketOf(clientId: string, now: number): Bucket {
    const known = buckets.get(clientId);
    if (known !== undefined) return known;
    const bucket = { tokens: burst, at: now };
    buckets.set(clientId, bucket);
    return bucket;
  }
  return {
    take(clientId) {
      const now = clock.now();
      const bucket = bucketOf(clientId, now);
      // A clock that steps back takes no request away.
      const elapsed = Math.max(0, now - bucket.at) / 1_000;
      bucket.tokens = Math.min(burst, bucket.tokens + elapsed * perSecond);
      bucket.at = now;
      const ok = bucket.tokens >= 1;
      if (ok) bucket.tokens -= 1;
      const missing = ok ? burst - bucket.tokens : 1 - bucket.tokens;
      return {
        ok,
        limit: burst,
        remaining: Math.floor(bucket.tokens),
        resetSeconds: Math.ceil(missing / perSecond),
      };
    },
  };
}

const policies = new WeakMap<Config['rate'], string>();

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), structured fields. The policy is the same text in every reply.
 * Templates write them: every read passes here, and the library's serializer costs 2 µs more.
 */
export function rateLimitHeaders(
  taken: RateTaken,
  rate: Config['rate'],
): { 'RateLimit-Policy': string; RateLimit: string } {
  let policy = policies.get(rate);
  if (policy === undefined) {
    policy = `"application";q=${taken.limit};w=${Math.max(1, Math.ceil(rate.burst / rate.perSecond))}`;
    policies.set(rate, policy);
  }
  return { 'RateLimit-Policy': policy, RateLimit: `"application";r=${taken.remaining};t=${taken.resetSeconds}` };
}

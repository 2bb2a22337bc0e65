import type { Policy } from '../../access/policy/policy.js';
import type { Clock } from '../../platform/clock.js';

/** The clock may be set, so the next end is looked for this often at least. */
const LOOK_MS = 60_000;

/** A right that only expires changes no policy: calls back with the applications of grants that have just reached their end. */
export function watchEndedGrants(
  policy: Policy,
  clock: Clock,
  onEnded: (applications: ReadonlySet<string>) => void,
): { close(): void } {
  let lookedAt = clock.now();
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    const now = clock.now();
    const ended = new Set<string>();
    let next = now + LOOK_MS;
    for (const { application, validUntil } of policy.current().grants.values()) {
      const until = Date.parse(validUntil);
      if (until > now) next = Math.min(next, until);
      else if (until > lookedAt) ended.add(application);
    }
    lookedAt = now;
    if (ended.size > 0) onEnded(ended);
    clearTimeout(timer);
    timer = setTimeout(look, next - now).unref();
  };
  policy.onChange(look);
  look();
  return { close: () => clearTimeout(timer) };
}

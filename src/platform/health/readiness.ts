/** Why a node is not ready. Probes and people read it, so it contains no secret and no database text. */
export interface Reason {
  /** One word, for programs: `log`, `clock`, `commit`, `keys`, `demo`. */
  name: string;
  /** One sentence, for people. */
  detail: string;
  /** Every door but health and metrics refuses with `audit-unavailable` and the detail. */
  stops?: true;
}

/** Asked at each probe, and at each request: answers from memory. */
type Watch = () => Reason | undefined;

export interface Readiness {
  add(watch: Watch): void;
  /** Empty: the node is ready. */
  reasons(): Reason[];
  /** The first reason that stops the node. */
  stopped(): Reason | undefined;
}

export function openReadiness(): Readiness {
  const watches: Watch[] = [];
  return {
    add: (watch) => void watches.push(watch),
    reasons: () => watches.flatMap((watch) => watch() ?? []),
    stopped() {
      for (const watch of watches) {
        const reason = watch();
        if (reason?.stops === true) return reason;
      }
      return undefined;
    },
  };
}

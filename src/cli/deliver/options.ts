/** What the flags of `deliver` say. */
export interface DeliverOptions {
  mode: 'snapshot' | 'delta';
  pattern?: string;
  rejects?: string;
  again?: boolean;
  as?: string;
  type?: string;
  charset?: string;
  key?: string;
  dataDir?: string;
  json?: boolean;
}

/** With what ends it early. */
export type Delivering = DeliverOptions & { signal: AbortSignal };

/** The flags of `deliver`. */
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

/** The flags, and the signal that ends the command early. */
export type Delivering = DeliverOptions & { signal: AbortSignal };

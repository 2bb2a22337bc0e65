/** The effective settings. The environment is read in this file and nowhere else. */
export interface Config {
  host: string;
  port: number;
  /** Absolute. Default `.exchange` under the working directory. */
  dataDir: string;
  /** Undefined: the embedded PostgreSQL under the data directory. */
  databaseUrl: string | undefined;
  /** Issuer and base of every absolute link, no path, no trailing slash. Default `http://<host>:<port>`. */
  publicUrl: string;
  demo: boolean;
  demoPeople: number;
  demoSeed: number;
  /** Personal values in query strings: refused unless `allow`. */
  sensitiveInUrl: 'refuse' | 'allow';
  /** Host header values accepted beside those of publicUrl, lower case with port. */
  allowedHosts: readonly string[];
  /** Requests a second and burst, per application, process-wide. */
  rate: { perSecond: number; burst: number };
  /** Bytes of a delivery's body, compressed or not. */
  deliveryLimitBytes: number;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** GraphQL introspection and suggestions. On in the demo. */
  introspection: boolean;
  /** ms. */
  statementTimeoutMs: number;
}

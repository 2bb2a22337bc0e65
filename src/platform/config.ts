import { resolve } from 'node:path';
import ipaddr from 'ipaddr.js';
import { readSettings, type Settings } from './config-environment.js';
import { SettingError } from './errors.js';
import type { KeyFiles } from './keys/keys.js';
import { serverUrls, withoutSecrets } from './postgres/sessions/database-url.js';

/** The effective settings. Only this file reads the environment. */
export interface Config {
  host: string;
  port: number;
  /** Absolute path. Default: `.exchange` in the working directory. */
  dataDir: string;
  /** Undefined: the embedded PostgreSQL in the data directory. */
  databaseUrl: string | undefined;
  /** The account that the embedded PostgreSQL of root runs as. Undefined: the exchange makes one. */
  postgresUser: string | undefined;
  /** Issuer, and base of every absolute link; no path, no trailing slash. Default `http://<host>:<port>`. */
  publicUrl: string;
  demo: boolean;
  /** The demo has open grants and known keys: unless this is set, it listens on loopback only. */
  demoOpenToNetwork: boolean;
  demoPeople: number;
  demoSeed: number;
  /** Personal values in query strings: refused unless `allow`. */
  sensitiveInUrl: 'refuse' | 'allow';
  /** Accepted values of the Host header besides publicUrl's; lower case, with port. */
  allowedHosts: readonly string[];
  /** Addresses and CIDR blocks of proxies: the caller's address is the last of `X-Forwarded-For` that none of them has. */
  trustedProxies: readonly string[];
  /** Open connections of this process. Default: what its limit of open files leaves beside database and files, at most 20,000. */
  connectionsAtMost: number | undefined;
  /** How long a node that ends serves on after it stopped being ready. Default: 5,000 behind a proxy, else 0. */
  drainMs: number;
  /** Requests per second and burst, per application and process. */
  rate: { perSecond: number; burst: number };
  /** Asks in flight at once, per application and process. */
  asksAtOnce: number;
  /** Most bytes in the body of a delivery, compressed or not. */
  deliveryLimitBytes: number;
  logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent';
  /** GraphQL introspection and suggestions. On in the demo. */
  introspection: boolean;
  /** ms. */
  statementTimeoutMs: number;
  /** Whether upstreams may be on loopback. `allow` in the demo, where the departments' systems run on the same machine. */
  outboundLoopback: 'refuse' | 'allow';
  /** ms for one statement at a department's database. */
  sourceStatementTimeoutMs: number;
  /** ms in which a run has read all rows of its source. */
  sourceRunTimeoutMs: number;
  /** How long what grows is kept, in days after it was replaced or ended; null: for ever. */
  keep: {
    /** Rows that a release replaced. */
    historyDays: number | null;
    /** Rejected rows. */
    rejectsDays: number | null;
    /** Deliveries with their quality reports, and runs of sources; at least 183. */
    deliveriesDays: number | null;
  };
  /** `on`: runs scheduled sources and their retries. `off`: only accepts requests for runs; other nodes carry them out. */
  worker: 'on' | 'off';
  /** Keys that are not in `<data-dir>/keys`, by path. */
  keyFiles: KeyFiles;
}

/** Longer than the time in which a proxy that asks `/health/ready` every second notices. */
const DRAIN_BEHIND_PROXY_MS = 5_000;

/** Settings by flags; undefined where a flag is not given. */
type Overrides = { [N in keyof Config]?: Config[N] | undefined };

/** Settings from flags (`overrides`, where defined), then the environment, then defaults. Throws SettingError naming the first wrong setting. */
export function loadConfig(overrides: Overrides = {}, env: NodeJS.ProcessEnv = process.env): Config {
  const settings = readSettings(env);
  const demo = overrides.demo ?? settings.EXCHANGE_DEMO;
  const trustedProxies = proxiesOf(settings.EXCHANGE_TRUSTED_PROXIES);
  const config: Config = {
    host: settings.EXCHANGE_HOST,
    port: settings.EXCHANGE_PORT,
    dataDir: settings.EXCHANGE_DATA_DIR,
    databaseUrl: settings.DATABASE_URL,
    postgresUser: settings.EXCHANGE_POSTGRES_USER,
    publicUrl: '',
    demo,
    demoOpenToNetwork: settings.EXCHANGE_DEMO_OPEN_TO_THE_NETWORK,
    demoPeople: settings.EXCHANGE_DEMO_PEOPLE,
    demoSeed: settings.EXCHANGE_DEMO_SEED,
    sensitiveInUrl: settings.EXCHANGE_SENSITIVE_IN_URL,
    allowedHosts: listOf(settings.EXCHANGE_ALLOWED_HOSTS.toLowerCase()),
    trustedProxies,
    connectionsAtMost: settings.EXCHANGE_CONNECTIONS_AT_MOST,
    drainMs: settings.EXCHANGE_DRAIN_MS ?? (trustedProxies.length > 0 ? DRAIN_BEHIND_PROXY_MS : 0),
    rate: { perSecond: settings.EXCHANGE_RATE_PER_SECOND, burst: settings.EXCHANGE_RATE_BURST },
    asksAtOnce: settings.EXCHANGE_ASKS_AT_ONCE,
    deliveryLimitBytes: settings.EXCHANGE_DELIVERY_LIMIT_BYTES,
    logLevel: settings.EXCHANGE_LOG_LEVEL,
    introspection: settings.EXCHANGE_INTROSPECTION ?? demo,
    statementTimeoutMs: settings.EXCHANGE_STATEMENT_TIMEOUT_MS,
    outboundLoopback: settings.EXCHANGE_OUTBOUND_LOOPBACK ?? (demo ? 'allow' : 'refuse'),
    sourceStatementTimeoutMs: settings.EXCHANGE_SOURCE_STATEMENT_TIMEOUT_MS,
    sourceRunTimeoutMs: settings.EXCHANGE_SOURCE_RUN_TIMEOUT_MS,
    keep: keepDays(settings),
    worker: settings.EXCHANGE_WORKER,
    keyFiles: keyFiles(settings),
  };
  for (const [name, value] of Object.entries(overrides)) {
    if (value !== undefined) Object.assign(config, { [name]: value });
  }
  config.dataDir = resolve(config.dataDir);
  config.publicUrl = checkPublicUrl(
    overrides.publicUrl ?? settings.EXCHANGE_PUBLIC_URL ?? ownUrl(config.host, config.port),
  );
  if (config.databaseUrl !== undefined) serverUrls(config.databaseUrl);
  checkDemo(config);
  return config;
}

/** For display: secrets and passwords are hidden. */
export function printableConfig(config: Config): Record<string, unknown> {
  const url = config.databaseUrl === undefined ? '(embedded)' : withoutSecrets(config.databaseUrl);
  return { ...config, databaseUrl: url };
}

/** `http://<host>:<port>`; for a server on all addresses the host is this machine's loopback name. */
export function ownUrl(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function checkPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin =
    url !== undefined && /^https?:$/.test(url.protocol) && (url.origin === text || text === `${url.origin}:80`);
  if (!isOrigin && !/^http:\/\/[^/]+:0$/.test(text)) {
    throw new SettingError(
      'EXCHANGE_PUBLIC_URL',
      'must be an origin such as https://exchange.example.cn, without path or final slash',
    );
  }
  return text;
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}

function proxiesOf(text: string): string[] {
  const blocks = listOf(text);
  // A block of every address would believe any caller's header.
  if (blocks.every((block) => isAddressBlock(block) && !block.endsWith('/0'))) return blocks;
  throw new SettingError(
    'EXCHANGE_TRUSTED_PROXIES',
    'must be addresses or CIDR blocks of your proxies, by comma, such as 10.1.2.3,10.1.4.0/28',
  );
}

function isAddressBlock(text: string): boolean {
  const [address = ''] = text.split('/', 1);
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address);
  return isAddress && (address === text || ipaddr.isValidCIDR(text));
}

function checkDemo({ demo, host, demoOpenToNetwork }: Config): void {
  const isLoopback = host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
  if (!demo || isLoopback || demoOpenToNetwork) return;
  throw new SettingError(
    'EXCHANGE_HOST',
    'the demo listens on loopback only, unless --demo-open-to-the-network is given',
  );
}

/** 网络安全法 art. 21: records of at least six months. */
const DELIVERIES_AT_LEAST_DAYS = 183;

function keepDays(settings: Settings): Config['keep'] {
  const days = (text: string) => (text === 'forever' ? null : Number(text.slice(0, -1)));
  const deliveriesDays = days(settings.EXCHANGE_KEEP_DELIVERIES);
  if (deliveriesDays !== null && deliveriesDays < DELIVERIES_AT_LEAST_DAYS) {
    throw new SettingError('EXCHANGE_KEEP_DELIVERIES', `must be at least ${DELIVERIES_AT_LEAST_DAYS}d, or forever`);
  }
  return {
    historyDays: days(settings.EXCHANGE_KEEP_HISTORY),
    rejectsDays: days(settings.EXCHANGE_KEEP_REJECTS),
    deliveriesDays,
  };
}

function keyFiles(settings: Settings): KeyFiles {
  return {
    checkpointSigner: settings.EXCHANGE_CHECKPOINT_SIGNER_FILE,
    tokenSigner: settings.EXCHANGE_TOKEN_SIGNER_FILE,
    cursor: settings.EXCHANGE_CURSOR_KEY_FILE,
    rowId: settings.EXCHANGE_ROW_ID_KEY_FILE,
    linkage: settings.EXCHANGE_LINKAGE_KEY_FILE,
    etag: settings.EXCHANGE_ETAG_KEY_FILE,
    cookies: settings.EXCHANGE_COOKIES_KEY_FILE,
    database: settings.EXCHANGE_DATABASE_KEY_FILE,
    package: settings.EXCHANGE_PACKAGE_KEY_FILE,
  };
}

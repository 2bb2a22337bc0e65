import { accessSync, constants, readFileSync } from 'node:fs';
import { envSchema } from 'env-schema';
import { SettingError } from './errors.js';
import { atPointer } from './json-pointer.js';
import { nearMiss } from './near-miss.js';
import { remedyForOpen } from './private-file.js';

/** Days, or for ever. */
const DURATION = '^([1-9][0-9]{0,4}d|forever)$';

/** The environment variables with their forms and defaults. The README of this folder refers here. */
const SCHEMA = {
  type: 'object',
  properties: {
    EXCHANGE_HOST: { type: 'string', default: '127.0.0.1' },
    EXCHANGE_PORT: { type: 'integer', minimum: 0, maximum: 65_535, default: 8080 },
    EXCHANGE_DATA_DIR: { type: 'string', default: '.exchange' },
    DATABASE_URL: { type: 'string' },
    EXCHANGE_POSTGRES_USER: { type: 'string' },
    EXCHANGE_PUBLIC_URL: { type: 'string' },
    EXCHANGE_DEMO: { type: 'boolean', default: false },
    EXCHANGE_DEMO_OPEN_TO_THE_NETWORK: { type: 'boolean', default: false },
    EXCHANGE_DEMO_PEOPLE: { type: 'integer', minimum: 100, maximum: 20_000_000, default: 20_000 },
    EXCHANGE_DEMO_SEED: { type: 'integer', minimum: 0, maximum: 4_294_967_295, default: 1 },
    EXCHANGE_SENSITIVE_IN_URL: { type: 'string', enum: ['refuse', 'allow'], default: 'refuse' },
    EXCHANGE_TRUSTED_PROXIES: { type: 'string', default: '' },
    EXCHANGE_CONNECTIONS_AT_MOST: { type: 'integer', minimum: 16, maximum: 1_000_000 },
    EXCHANGE_DRAIN_MS: { type: 'integer', minimum: 0, maximum: 600_000 },
    EXCHANGE_ALLOWED_HOSTS: { type: 'string', pattern: '^[A-Za-z0-9.:,\\[\\] _-]*$', default: '' },
    EXCHANGE_RATE_PER_SECOND: { type: 'integer', minimum: 1, maximum: 10_000_000, default: 1_000 },
    EXCHANGE_RATE_BURST: { type: 'integer', minimum: 1, maximum: 10_000_000, default: 2_000 },
    EXCHANGE_ASKS_AT_ONCE: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 256 },
    EXCHANGE_DELIVERY_LIMIT_BYTES: { type: 'integer', minimum: 1_024, default: 4_294_967_296 },
    EXCHANGE_LOG_LEVEL: {
      type: 'string',
      enum: ['fatal', 'error', 'warn', 'info', 'debug', 'silent'],
      default: 'warn',
    },
    EXCHANGE_INTROSPECTION: { type: 'boolean' },
    EXCHANGE_STATEMENT_TIMEOUT_MS: { type: 'integer', minimum: 100, maximum: 600_000, default: 5_000 },
    EXCHANGE_OUTBOUND_LOOPBACK: { type: 'string', enum: ['refuse', 'allow'] },
    EXCHANGE_SOURCE_STATEMENT_TIMEOUT_MS: { type: 'integer', minimum: 100, maximum: 3_600_000, default: 60_000 },
    EXCHANGE_SOURCE_RUN_TIMEOUT_MS: { type: 'integer', minimum: 1_000, maximum: 86_400_000, default: 3_600_000 },
    EXCHANGE_KEEP_HISTORY: { type: 'string', pattern: DURATION, default: '365d' },
    EXCHANGE_KEEP_REJECTS: { type: 'string', pattern: DURATION, default: '90d' },
    EXCHANGE_KEEP_DELIVERIES: { type: 'string', pattern: DURATION, default: '1095d' },
    EXCHANGE_WORKER: { type: 'string', enum: ['on', 'off'], default: 'on' },
    EXCHANGE_CHECKPOINT_SIGNER_FILE: { type: 'string' },
    EXCHANGE_TOKEN_SIGNER_FILE: { type: 'string' },
    EXCHANGE_CURSOR_KEY_FILE: { type: 'string' },
    EXCHANGE_ROW_ID_KEY_FILE: { type: 'string' },
    EXCHANGE_LINKAGE_KEY_FILE: { type: 'string' },
    EXCHANGE_ETAG_KEY_FILE: { type: 'string' },
    EXCHANGE_COOKIES_KEY_FILE: { type: 'string' },
    EXCHANGE_DATABASE_KEY_FILE: { type: 'string' },
    EXCHANGE_PACKAGE_KEY_FILE: { type: 'string' },
  },
} as const;

type Property = (typeof SCHEMA)['properties'];
type Name = keyof Property;
type ValueOf<P> = P extends { enum: readonly (infer E)[] }
  ? E
  : P extends { type: 'integer' }
    ? number
    : P extends { type: 'boolean' }
      ? boolean
      : string;
export type Settings = {
  [N in Name]: Property[N] extends { default: unknown } ? ValueOf<Property[N]> : ValueOf<Property[N]> | undefined;
};

/** Throws SettingError for the first variable that is malformed, unreadable, or a misspelled name of ours. An empty variable counts as unset. */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const data: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (name in SCHEMA.properties) {
      if (value) data[name] = value.trim();
    } else if (name.startsWith('EXCHANGE_')) refuseMisspelling(name);
  }
  if (env.DATABASE_URL_FILE) {
    if (data.DATABASE_URL) throw new SettingError('DATABASE_URL_FILE', 'DATABASE_URL is set too: give one of them');
    data.DATABASE_URL = readSecret('DATABASE_URL_FILE', env.DATABASE_URL_FILE);
  }
  for (const [name, path] of Object.entries(data)) {
    if (name.endsWith('_FILE')) checkReadable(name, path);
  }
  return validate(data);
}

function validate(data: Record<string, string>): Settings {
  try {
    return envSchema<Settings>({ schema: SCHEMA, data, dotenv: false, env: false });
  } catch (error) {
    const [place, message, allowed] = ['instancePath', 'message', 'params/allowedValues'].map((member) =>
      atPointer(error, `/errors/0/${member}`),
    );
    if (typeof place !== 'string' || typeof message !== 'string') throw error;
    throw new SettingError(place.slice(1), Array.isArray(allowed) ? `must be one of ${allowed.join(', ')}` : message);
  }
}

/** Other software may set EXCHANGE_… variables (container platforms do), so only names close to ours are refused. */
function refuseMisspelling(name: string): void {
  const [prefix, ours] = ['EXCHANGE_', Object.keys(SCHEMA.properties)];
  const meant = nearMiss(
    name.slice(prefix.length),
    ours.filter((each) => each.startsWith(prefix)).map((each) => each.slice(prefix.length)),
  );
  if (meant !== undefined) throw new SettingError(name, `is not a setting; did you mean ${prefix}${meant}?`);
}

function readSecret(name: string, path: string): string {
  checkReadable(name, path);
  return readFileSync(path, 'utf8').trim();
}

/** Every file that a setting names holds a secret. */
function checkReadable(name: string, path: string): void {
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw new SettingError(name, 'names a file that cannot be read');
  }
  const remedy = remedyForOpen(path);
  if (remedy !== undefined) throw new SettingError(name, `names a file that is not secret, ${remedy} on it`);
}

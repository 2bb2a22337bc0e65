import { SettingError } from '../../errors.js';

const FORM = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#]*)(.*)$/;
const EXPECTED =
  'must have the form postgres://user:password@host:port/database, with several hosts host:port,host:port';

/** These would override what our sessions need. */
const IGNORED = [
  'options',
  'application_name',
  'statement_timeout',
  'query_timeout',
  'pipeline',
  'target_session_attrs',
];

/**
 * One URL for each server that the URL names (libpq: `postgres://user@h1:5432,h2:5432/db?target_session_attrs=read-write`), without the parameters
 * that would override our session. Throws SettingError that quotes no part of the URL.
 */
export function serverUrls(url: string): string[] {
  const [, before = '', hosts = '', after = ''] = FORM.exec(url) ?? [];
  if (before === '') throw new SettingError('DATABASE_URL', EXPECTED);
  return hosts.split(',').map((host) => cleaned(`${before}${host}${after}`));
}

function cleaned(text: string): string {
  if (!URL.canParse(text)) throw new SettingError('DATABASE_URL', EXPECTED);
  const url = new URL(text);
  // Each of our nodes writes, so a standby is of no use to it.
  if (!/^(any|read-write|primary)$/.test(url.searchParams.get('target_session_attrs') ?? 'any')) {
    throw new SettingError('DATABASE_URL', 'target_session_attrs must be read-write');
  }
  for (const name of IGNORED) url.searchParams.delete(name);
  return url.href;
}

/** Parameters of a database URL that are no secret; the values of all others are hidden, and their names, which may be part of a password. */
const OPEN_PARAMETERS = /^(host|port|sslmode|target_session_attrs|connect_timeout|application_name)$/;

/** For display. Works on the text, because a URL with several hosts is none for `URL`. What it can't take apart it hides whole. */
export function withoutSecrets(text: string): string {
  const [, scheme, user, servers, query = ''] =
    /^(postgres(?:ql)?:\/\/)(?:([^:@/?#]*)(?::[^@?#]*)?@)?([^@?#]*)(?:\?([^@#]*))?$/.exec(text) ?? [];
  if (scheme === undefined) return '***';
  const parameters = [...new URLSearchParams(query)].map(([name, value]) =>
    OPEN_PARAMETERS.test(name) ? `${name}=${value}` : '***',
  );
  return `${scheme}${user === undefined ? '' : `${user}:***@`}${servers}${parameters.length > 0 ? '?' : ''}${parameters.join('&')}`;
}

/** The URL for another user of the same database. `name` of the database, because it defaults to the user's. */
export function urlOfLogin(text: string, login: { user: string; password: string; database: string }): string {
  const url = new URL(text);
  for (const name of ['user', 'password']) url.searchParams.delete(name);
  if (url.hostname === '') url.hostname = 'localhost'; // a URL without host can't hold a user; `?host=` still decides
  url.username = login.user;
  url.password = login.password;
  url.pathname = `/${encodeURIComponent(login.database)}`;
  return url.href;
}

/** The same URL at the server of another one. */
export function atServerOf(text: string, other: string): string {
  const [url, server] = [new URL(text), new URL(other)];
  url.host = server.host;
  if (server.port === '') url.port = '';
  return url.href;
}

/** Host and port, for messages. */
export function serverName(text: string): string {
  const url = new URL(text);
  return url.searchParams.get('host') ?? url.host;
}

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../src/platform/paths.js';
import { until } from '../../failure/until.js';
import { type Child, child } from '../exchange-child.js';

/** A proxy of Debian with the configuration of `deploy/`, whose addresses and certificate are replaced. */
export interface Proxy {
  name: 'HAProxy' | 'nginx';
  /** The variable that makes its absence a failure. */
  expected: string;
  /** Undefined where it is installed. */
  absent(): string | undefined;
  /** Takes TLS on the port; resolves when it answers. */
  start(place: ProxyPlace): Promise<Child>;
}

interface ProxyPlace {
  directory: string;
  port: number;
  nodes: readonly number[];
}

const HOST = 'exchange.example.cn';
const NODES = ['10.0.0.11:8080', '10.0.0.12:8080', '10.0.0.13:8080'];

/** Of the directories in which Debian puts servers. */
function find(program: string): string | undefined {
  return ['/usr/sbin', '/usr/local/sbin', '/usr/bin'].map((dir) => join(dir, program)).find((path) => existsSync(path));
}

function certificate(directory: string): { key: string; certificate: string; both: string } {
  const [key, crt, both] = ['proxy.key', 'proxy.crt', 'proxy.pem'].map((name) => join(directory, name));
  const made = spawnSync(
    'openssl',
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ${key} -out ${crt}`.split(
      ' ',
    ),
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(made.stderr);
  writeFileSync(both!, readFileSync(crt!, 'utf8') + readFileSync(key!, 'utf8'));
  for (const path of [key, crt, both]) chmodSync(path!, 0o644);
  return { key: key!, certificate: crt!, both: both! };
}

/** The file of `deploy/` with other addresses. Throws where it has not what is to be replaced, so that the two stay one. */
function configured(file: string, replaced: readonly (readonly [string, string])[], { nodes }: ProxyPlace): string {
  let text = readFileSync(join(packageRoot, 'deploy', file), 'utf8');
  const addresses = NODES.map((address, at) => [address, `127.0.0.1:${nodes[at]}`] as const);
  for (const [from, to] of [...replaced, ...addresses]) {
    if (!text.includes(from)) throw new Error(`deploy/${file} has no ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

async function begin(command: string, args: readonly string[], port: number): Promise<Child> {
  const started = child(command, args, {});
  await until(`${command} answers`, async () => {
    if (started.process.exitCode !== null) throw new Error(`${command}: ${started.stderr()}`);
    return fetch(`https://127.0.0.1:${port}/health/ready`).then(
      (reply) => reply.ok,
      () => false,
    );
  });
  return started;
}

const haproxy: Proxy = {
  name: 'HAProxy',
  expected: 'HAPROXY_EXPECTED',
  absent: () => (find('haproxy') === undefined ? 'haproxy is not installed' : undefined),
  start(place) {
    const { both } = certificate(place.directory);
    const path = join(place.directory, 'haproxy.cfg');
    const replaced = [
      ['bind :443', `bind 127.0.0.1:${place.port}`],
      ['/etc/haproxy/exchange.pem', both],
      [HOST, `127.0.0.1:${place.port}`],
    ] as const;
    writeFileSync(path, configured('haproxy.cfg', replaced, place));
    return begin(find('haproxy')!, ['-db', '-f', path], place.port);
  },
};

const nginx: Proxy = {
  name: 'nginx',
  expected: 'NGINX_EXPECTED',
  absent: () => (find('nginx') === undefined ? 'nginx is not installed' : undefined),
  start(place) {
    const { key, certificate: crt } = certificate(place.directory);
    const path = join(place.directory, 'nginx.conf');
    const replaced = [
      ['listen 443 ssl', `listen 127.0.0.1:${place.port} ssl`],
      ['/etc/nginx/exchange.crt', crt],
      ['/etc/nginx/exchange.key', key],
      [HOST, '127.0.0.1'],
      ['$host', '$http_host'],
      ['/run/nginx.pid', join(place.directory, 'nginx.pid')],
      ['/var/log/nginx/exchange.log', join(place.directory, 'nginx.log')],
    ] as const;
    writeFileSync(path, configured('nginx.conf', replaced, place));
    return begin(find('nginx')!, ['-g', 'daemon off;', '-c', path], place.port);
  },
};

export const PROXIES: readonly Proxy[] = [haproxy, nginx];

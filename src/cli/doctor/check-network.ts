import { createServer } from 'node:net';
import { send } from '../../client/http.js';
import { type Config, ownUrl } from '../../platform/config.js';
import type { RunningServer } from '../../platform/data-directory.js';
import { errorCode } from '../../platform/errors.js';
import { bad, type Finding, ok, warn } from './finding.js';

/** Whether the node that runs is ready, or whether a node could listen. */
export async function checkPort({ host, port }: Config, running: RunningServer | undefined): Promise<Finding> {
  if (running !== undefined) return readiness(running.baseUrl);
  const code = await listens(host, port);
  if (code === undefined)
    return ok('port', `No node runs here; ${host}:${port} is free.`, `此处无节点运行；${host}:${port} 空闲。`);
  if (code === 'EADDRINUSE') {
    return bad(
      'port',
      `${host}:${port} is taken by another program: set EXCHANGE_PORT.`,
      `${host}:${port} 已被占用：请设置 EXCHANGE_PORT。`,
    );
  }
  if (code === 'EADDRNOTAVAIL') {
    return bad(
      'port',
      `${host} is no address of this machine: set EXCHANGE_HOST.`,
      `${host} 不是本机地址：请设置 EXCHANGE_HOST。`,
    );
  }
  return bad('port', `${host}:${port} can't be opened (${code}).`, `${host}:${port} 无法监听（${code}）。`);
}

async function readiness(baseUrl: string): Promise<Finding> {
  const reply = await send(`${baseUrl}/health/ready`, { method: 'GET', headers: {}, body: '' }).catch(() => undefined);
  if (reply?.status === 200) return ok('port', `The node at ${baseUrl} is ready.`, `节点 ${baseUrl} 已就绪。`);
  if (reply === undefined) {
    return bad('port', `The node at ${baseUrl} does not answer: restart it.`, `节点 ${baseUrl} 无应答：请重启。`);
  }
  return bad(
    'port',
    `The node at ${baseUrl} is not ready: see ${baseUrl}/health/ready`,
    `节点 ${baseUrl} 未就绪：见 ${baseUrl}/health/ready`,
  );
}

/** The system's error code; undefined where it could listen. */
function listens(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? 'error'));
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}

/** How clients reach it, and whether entries record their address. */
export function checkPublicUrl({ publicUrl, host, port, trustedProxies }: Config): Finding {
  const url = new URL(publicUrl);
  const local = /^(localhost|127\..*|\[::1\])$/.test(url.hostname);
  const everywhere = host === '0.0.0.0' || host === '::';
  if (local && everywhere) {
    return warn(
      'public-url',
      'It listens on every address but names itself loopback: set EXCHANGE_PUBLIC_URL.',
      '监听所有地址，但自称回环地址：请设置 EXCHANGE_PUBLIC_URL。',
    );
  }
  if (local) return ok('public-url', `${publicUrl}: on this machine only`, `${publicUrl}：仅本机可用`);
  if (url.protocol !== 'https:') {
    return warn(
      'public-url',
      `${publicUrl} has no TLS, so tokens travel in the clear: put a proxy with TLS in front.`,
      `${publicUrl} 未用 TLS，令牌明文传输：请在前面部署 TLS 代理。`,
    );
  }
  if (trustedProxies.length === 0 && publicUrl !== ownUrl(host, port)) {
    return warn(
      'public-url',
      'Entries record the address of the proxy: name it in EXCHANGE_TRUSTED_PROXIES.',
      '审计记录的是代理地址：请在 EXCHANGE_TRUSTED_PROXIES 中列出代理。',
    );
  }
  return ok('public-url', publicUrl, publicUrl);
}

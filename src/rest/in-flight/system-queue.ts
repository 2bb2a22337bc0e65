import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';

/** One line a connection: slot, local and remote address, state, `tx_queue:rx_queue`, all hexadecimal (proc_pid_net(5)). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const LINE = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/gm;

/** The table is printed while connections come and go, so a line can be missed. */
const READINGS = 8;

/**
 * Bytes that the system holds for the peers of our connections, by `queueKey`: not sent yet, or not acknowledged. Has at least the wanted ones that are
 * open. Undefined where the system does not tell (not Linux).
 */
export async function systemQueues(wanted: readonly string[]): Promise<ReadonlyMap<string, number> | undefined> {
  const queues = new Map<string, number>();
  for (let reading = 0; reading < READINGS; reading++) {
    const tables = await Promise.all(TABLES.map((table) => readFile(table, 'latin1').catch(() => undefined)));
    if (tables.every((table) => table === undefined)) return undefined;
    for (const table of tables) {
      for (const [, port = '', peer = '', bytes = ''] of table?.matchAll(LINE) ?? []) {
        queues.set(`${port} ${peer}`, Number.parseInt(bytes, 16));
      }
    }
    if (wanted.every((key) => queues.has(key))) break;
  }
  return queues;
}

/** Undefined once it is closed. */
export function queueKey({ localPort, remotePort, remoteAddress }: Socket): string | undefined {
  if (localPort === undefined || remotePort === undefined || remoteAddress === undefined) return undefined;
  if (!ipaddr.isValid(remoteAddress)) return undefined;
  return `${hex(localPort)} ${addressWords(remoteAddress)}:${hex(remotePort)}`;
}

/** The kernel prints each word of 32 bits as a number of this machine. */
function addressWords(address: string): string {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray());
  if (endianness() === 'LE') bytes.swap32();
  return bytes.toString('hex').toUpperCase();
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { audienceUri } from '../access/identity/audience.js';
import type { Exchange } from '../exchange/exchange.js';
import { writePrivateFile } from '../platform/private-file.js';
import type { RegisteredDemo } from './register-demo.js';

/** `<data-dir>/demo.json`: everything that an outside test or a curious person needs; 0600, because it holds private keys. */
export interface DemoFile {
  baseUrl: string;
  issuer: string;
  tokenEndpoint: string;
  resource: string;
  platformResource: string;
  applications: {
    clientId: string;
    title: string;
    department: string;
    roles: readonly string[];
    privateJwk: Readonly<Record<string, string>>;
    dpop: boolean;
    grants: {
      id: string;
      dataset: string;
      major: number;
      mode: string;
      purposes: readonly string[];
      fields: readonly string[];
      masks: Readonly<Record<string, string>>;
      rows: unknown;
    }[];
  }[];
  people: { login: string; password: string; role: string }[];
}

export function demoFilePath(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** At start: what stood there told of another run. */
export function removeDemoFile(dataDir: string): void {
  rmSync(demoFilePath(dataDir), { force: true });
}

/** Throws Error where the demo has not been loaded. */
export function readDemoFile(dataDir: string): DemoFile {
  try {
    return JSON.parse(readFileSync(demoFilePath(dataDir), 'utf8')) as DemoFile;
  } catch {
    throw new Error(`No demo is running on ${dataDir}: start it with exchange start --demo.`);
  }
}

export function writeDemoFile(exchange: Exchange, baseUrl: string, registered: readonly RegisteredDemo[]): void {
  const { config } = exchange;
  const file: DemoFile = {
    baseUrl,
    issuer: config.publicUrl,
    tokenEndpoint: `${config.publicUrl}/oauth2/token`,
    resource: audienceUri(config, 'data'),
    platformResource: audienceUri(config, 'platform'),
    applications: registered.map(({ application, privateJwk, grants }) => ({
      clientId: application.clientId,
      title: application.title,
      department: application.department,
      roles: application.roles,
      privateJwk,
      dpop: false,
      grants: grants.map(({ id, dataset, major, mode, purposes, fields, masks, rows }) => ({
        id,
        dataset,
        major,
        mode,
        purposes,
        fields,
        masks,
        rows,
      })),
    })),
    people: [],
  };
  writePrivateFile(demoFilePath(config.dataDir), `${JSON.stringify(file, null, 2)}\n`);
}

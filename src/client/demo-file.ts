import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PrivateJwk } from './private-jwk.js';

/** `<data-dir>/demo.json`: where a client finds the applications of the running demo; 0600, because it contains private keys. */
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
    privateJwk: PrivateJwk;
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
  people: {
    login: string;
    name: string;
    department: string;
    role: string;
    password: string;
    /** TOTP secret (RFC 6238), base32. */
    totp: string;
  }[];
}

export function demoFilePath(dataDir: string): string {
  return join(dataDir, 'demo.json');
}

/** At start: the file of an earlier run names another address. */
export function removeDemoFile(dataDir: string): void {
  rmSync(demoFilePath(dataDir), { force: true });
}

/** Throws Error where the demo is not loaded. */
export function readDemoFile(dataDir: string): DemoFile {
  try {
    return JSON.parse(readFileSync(demoFilePath(dataDir), 'utf8')) as DemoFile;
  } catch {
    throw new Error(`No demo is running on ${dataDir}: start it with exchange start --demo.`);
  }
}

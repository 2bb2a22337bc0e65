import { join } from 'node:path';
import { newPrivateJwk } from '../../client/new-key.js';
import type { PrivateJwk } from '../../client/private-jwk.js';
import { privateFile, writePrivateFile } from '../../platform/private-file.js';

/** Private keys of the demo's applications by client id, kept so that a second start has the same applications. */
export interface DemoKeys {
  /** True where this call made the key. */
  of(clientId: string): Promise<{ key: PrivateJwk; made: boolean }>;
}

/** Reads or creates `<keys directory>/demo-applications.json` (0600). */
export function openDemoKeys(directory: string): DemoKeys {
  const path = join(directory, 'demo-applications.json');
  const keys = JSON.parse(privateFile(path, () => '{}\n')) as Record<string, PrivateJwk>;
  return {
    async of(clientId) {
      const kept = keys[clientId];
      if (kept !== undefined) return { key: kept, made: false };
      const key = await newPrivateJwk();
      keys[clientId] = key;
      writePrivateFile(path, `${JSON.stringify(keys, null, 2)}\n`);
      return { key, made: true };
    },
  };
}

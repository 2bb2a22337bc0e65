// Makes a key pair for an application: <clientId>.key.json stays with the program, <clientId>.application.json is what gets registered.
// node test/examples/new-key.mjs <clientId> <department> <title> [directory]
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [clientId, department, title, directory = '.'] = process.argv.slice(2);
if (!title) throw new Error('usage: node test/examples/new-key.mjs <clientId> <department> <title> [directory]');

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const marks = { kid: `${clientId}-1`, alg: 'ES256', use: 'sig' };
const save = (name, value, mode) =>
  writeFileSync(join(directory, name), `${JSON.stringify(value, null, 2)}\n`, { mode, flag: 'wx' });

save(`${clientId}.key.json`, { ...privateKey.export({ format: 'jwk' }), ...marks }, 0o600);
save(
  `${clientId}.application.json`,
  { clientId, title, department, jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), ...marks }] } },
  0o644,
);

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { openPackage, sealPackage } from '../../src/ingest/package/seal.js';
import t from '../support/tap.js';

const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const content = Buffer.alloc(2_000_000, 'row\n');
const sealed = await buffer(
  Readable.from(sealPackage({ recipient, signed: 'signed', content: Readable.from([content]) })),
);

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function opened(bytes: Buffer, size: number): Promise<Buffer> {
  const { content } = await openPackage(pieces(bytes, size), { identity, recipient });
  return buffer(content);
}

t.test('a large package with one byte changed in the middle is refused, and the process lives', async (t) => {
  for (const size of [65_536, 1_000_000]) {
    for (const part of [0.1, 0.5, 0.9]) {
      const bytes = Buffer.from(sealed);
      const at = Math.floor(bytes.length * part);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      await t.rejects(opened(bytes, size), /changed or cut/, `at ${part}, in pieces of ${size} bytes`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.ok((await opened(sealed, size)).equals(content), 'the sound one opens');
  }
});

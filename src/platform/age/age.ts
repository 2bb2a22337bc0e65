import { Decrypter, Encrypter } from 'age-encryption';

/** age (C2SP age v1), streamed: X25519 recipients, 64 KiB chunks, each with its own tag and the last one marked. */
export async function encryptTo(
  recipients: readonly string[],
  plain: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return chunksOf(await encrypter.encrypt(webStream(plain)));
}

/** Rejects where no identity fits or the head was changed; the chunks throw where the rest was changed or cut. */
export async function decryptWith(
  identities: readonly string[],
  sealed: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  return chunksOf(await decrypter.decrypt(webStream(sealed)));
}

/** Pulled chunk by chunk: the adapter of node:stream throws outside of any promise where the reader gives up half-way. */
function webStream(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => void (await iterator.return?.()),
  });
}

async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* stream;
}

/** 2^25 bits: 4 MB for a delivery of any size. */
const BITS = 25;

/**
 * Row numbers of one delivery in a Bloom filter: it never misses a repeated key, but sometimes reports a new one. Only
 * such rows store their text in staging, where the database finds the real repetitions. Memory does not grow with the
 * file.
 */
export function seenKeys(): (rowIdHex: string) => boolean {
  const words = new Uint32Array(1 << (BITS - 5));
  return (rowIdHex) => {
    let seen = true;
    // The number is an HMAC, so its parts are independent hashes.
    for (let part = 0; part < 4; part++) {
      const bit = Number.parseInt(rowIdHex.slice(part * 8, part * 8 + 8), 16) >>> (32 - BITS);
      const word = bit >>> 5;
      const mask = 1 << (bit & 31);
      if ((words[word]! & mask) === 0) {
        seen = false;
        words[word]! |= mask;
      }
    }
    return seen;
  };
}

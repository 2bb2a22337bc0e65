/** 2^25 bits: 4 MB whatever the delivery's size. */
const BITS = 25;

/**
 * Row numbers seen in one delivery, as a Bloom filter: it never forgets a key and now and then takes a new one for an old one. Only such
 * rows need their text beside them in staging, where the database then tells true repetitions; memory doesn't grow with the file.
 */
export function seenKeys(): (rowIdHex: string) => boolean {
  const words = new Uint32Array(1 << (BITS - 5));
  return (rowIdHex) => {
    let seen = true;
    // The number is an HMAC: its parts are independent hashes already.
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

/** PostgreSQL's `uuid_hash_extended(uuid, seed)`: lookup3 of Bob Jenkins over 16 bytes (src/common/hashfn.c), as a signed 64-bit integer. */
export function rowHash(rowIdHex: string, seed: bigint): bigint {
  const bytes = Buffer.from(rowIdHex, 'hex');
  const state = new Uint32Array(3).fill(0x9e3779b9 + 16 + 3923095);
  const add = (i: number, value: number) => {
    state[i]! += value;
  };
  if (seed !== 0n) {
    add(0, Number(BigInt.asUintN(32, seed >> 32n)));
    add(1, Number(BigInt.asUintN(32, seed)));
    mix(state);
  }
  for (const word of [0, 1, 2]) add(word, bytes.readUInt32LE(word * 4));
  mix(state);
  add(0, bytes.readUInt32LE(12));
  finish(state);
  return BigInt.asIntN(64, (BigInt(state[1]!) << 32n) | BigInt(state[2]!));
}

const turned = (value: number, by: number) => (value << by) | (value >>> (32 - by));

function mix(s: Uint32Array): void {
  for (const [x, y, z, by] of [
    [0, 2, 1, 4],
    [1, 0, 2, 6],
    [2, 1, 0, 8],
    [0, 2, 1, 16],
    [1, 0, 2, 19],
    [2, 1, 0, 4],
  ] as const) {
    s[x]! -= s[y]!;
    s[x]! ^= turned(s[y]!, by);
    s[y]! += s[z]!;
  }
}

function finish(s: Uint32Array): void {
  for (const [x, y, by] of [
    [2, 1, 14],
    [0, 2, 11],
    [1, 0, 25],
    [2, 1, 16],
    [0, 2, 4],
    [1, 0, 14],
    [2, 1, 24],
  ] as const) {
    s[x]! ^= s[y]!;
    s[x]! -= turned(s[y]!, by);
  }
}

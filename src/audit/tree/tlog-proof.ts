/** A C2SP tlog-proof: the inclusion of one entry under a checkpoint, verifiable offline. File extension `.tlog-proof`. */
export function tlogProof(proof: { index: number; hashes: readonly Buffer[]; checkpoint: string }): string {
  const lines = [
    'c2sp.org/tlog-proof@v1',
    `index ${proof.index}`,
    ...proof.hashes.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${proof.checkpoint}`;
}

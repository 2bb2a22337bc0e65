import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { EMPTY_ROOT, leafHash, nodeHash } from '../../src/audit/tree/hash.js';
import { consistencyProof, inclusionProof, type ReadHashes, rootAt } from '../../src/audit/tree/proof.js';
import { parseTileName, tilePath } from '../../src/audit/tree/tile-path.js';
import { EMPTY_TREE, extend, rootOf, splitHashes, type Tile, type Tree, treeOf } from '../../src/audit/tree/tree.js';
import { extendsTree, includes } from '../../src/audit/verify/proof.js';
import t from '../support/tap.js';

/** RFC 6962 §2.1 as written, for comparison. */
function naiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return createHash('sha256').digest();
  if (leaves.length === 1) return leaves[0]!;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

/** Tiles as a store returns them: full ones as stored, the rest from the tree's unfinished tiles. */
function readerOf(tree: Tree, tiles: readonly Tile[]): ReadHashes {
  return async (level, first, count) => {
    const n = Math.floor(first / 256);
    const full = tiles.find((tile) => tile.level === level && tile.n === n);
    const hashes = full === undefined ? tree.pending[level]! : splitHashes(full.hashes);
    const from = first - n * 256;
    if (from + count > hashes.length) throw new RangeError('beyond the log');
    return hashes.slice(from, from + count);
  };
}

// The inputs and roots that certificate-transparency's own test suites use.
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => leafHash(Buffer.from(hex, 'hex')),
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

t.test('known roots of RFC 6962', async (t) => {
  t.equal(EMPTY_ROOT.toString('hex'), ROOTS[0]);
  for (const [size, root] of ROOTS.entries()) {
    const { tree, tiles } = extend(EMPTY_TREE, INPUTS.slice(0, size));
    t.equal(rootOf(tree.edge).toString('hex'), root, `size ${size}`);
    t.equal((await rootAt(readerOf(tree, tiles), size)).toString('hex'), root, `from tiles, size ${size}`);
  }
});

const leaves = Array.from({ length: 66_500 }, (_, i) => leafHash(Buffer.from(String(i))));
const whole = extend(EMPTY_TREE, leaves);
const read = readerOf(whole.tree, whole.tiles);

t.test('a tree grown in any steps is the same tree', async (t) => {
  t.ok((await rootAt(read, leaves.length)).equals(naiveRoot(leaves)));
  const steps = fc.array(fc.integer({ min: 1, max: 600 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(steps, (counts) => {
      let tree = EMPTY_TREE;
      const tiles: Tile[] = [];
      for (const count of counts) {
        const grown = extend(tree, leaves.slice(tree.size, tree.size + count));
        tree = grown.tree;
        tiles.push(...grown.tiles);
      }
      const once = extend(EMPTY_TREE, leaves.slice(0, tree.size));
      const reloaded = treeOf(tree.size, tree.pending);
      return (
        rootOf(tree.edge).equals(naiveRoot(leaves.slice(0, tree.size))) &&
        Buffer.concat([...reloaded.edge]).equals(Buffer.concat([...tree.edge])) &&
        tiles.length === once.tiles.length &&
        tiles.every((tile, i) => tile.n === once.tiles[i]!.n && tile.hashes.equals(once.tiles[i]!.hashes))
      );
    }),
    { numRuns: 40 },
  );
});

t.test('inclusion: every proof is valid, and for nothing else', async () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 1_100 }), fc.integer({ min: 65_000, max: 66_500 }));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), fc.nat(), async (size, i, j) => {
      const index = i % size;
      const root = await rootAt(read, size);
      const proof = await inclusionProof(read, index, size);
      const leaf = leaves[index]!;
      const other = j % size;
      const bent = proof.map((hash, k) => (k === j % proof.length ? randomBytes(32) : hash));
      return (
        includes(leaf, proof, { index, size, root }) &&
        !includes(randomBytes(32), proof, { index, size, root }) &&
        !includes(leaf, [...proof, root], { index, size, root }) &&
        (proof.length === 0 || !includes(leaf, proof.slice(1), { index, size, root })) &&
        (proof.length === 0 || !includes(leaf, bent, { index, size, root })) &&
        (other === index || !includes(leaf, proof, { index: other, size, root })) &&
        !includes(leaf, proof, { index: size, size, root })
      );
    }),
    { numRuns: 150 },
  );
});

t.test('consistency: every proof is valid, and for no other history', async () => {
  const sizes = fc.oneof(fc.integer({ min: 1, max: 1_100 }), fc.integer({ min: 65_000, max: 66_500 }));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(), async (to, i) => {
      const from = 1 + (i % to);
      const older = { size: from, root: await rootAt(read, from) };
      const newer = { size: to, root: await rootAt(read, to) };
      const proof = await consistencyProof(read, from, to);
      const forged = { size: from, root: randomBytes(32) };
      return (
        extendsTree(older, newer, proof) &&
        !extendsTree(forged, newer, proof) &&
        !extendsTree(older, { size: to, root: randomBytes(32) }, proof) &&
        !extendsTree(older, newer, [...proof, randomBytes(32)]) &&
        (from === to || !extendsTree(newer, older, proof))
      );
    }),
    { numRuns: 150 },
  );
});

t.test('beyond the log there is no proof', async (t) => {
  await t.rejects(inclusionProof(read, 5, 5), RangeError);
  await t.rejects(inclusionProof(read, -1, 5), RangeError);
  await t.rejects(inclusionProof(read, 3, 66_501), RangeError);
  await t.rejects(consistencyProof(read, 6, 5), RangeError);
});

t.test('tile names are those of C2SP tlog-tiles, one for each tile', async (t) => {
  t.equal(tilePath(0), '000');
  t.equal(tilePath(1_234_067), 'x001/x234/067');
  t.same(parseTileName('0/x001/x234/067'), { level: 0, n: 1_234_067, width: 256 });
  t.same(parseTileName('entries/000.p/17'), { level: undefined, n: 0, width: 17 });
  const wrong =
    '0/0 0/00 0/0000 00/000 64/000 -1/000 0/x000/001 0/001/002 0/x001/x002 0/000.p/0 0/000.p/256 0/000.p/01 0/000.p/ 0/000/ /0/000 data/000 0/../000';
  for (const name of wrong.split(' ')) t.equal(parseTileName(name), undefined, name);
});

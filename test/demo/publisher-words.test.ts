import { demoContract } from '../../src/demo/files/demo-contracts.js';
import { ownRecord, publisherWords } from '../../src/demo/files/publisher-words.js';
import t from '../support/tap.js';

const FIRST = { spelling: { seed: 1, file: 'test' } };

t.test('a standard row is written in the words of its publisher', async (t) => {
  const police = publisherWords(await demoContract('police/resident'), { ...FIRST, dates: 'compact' });
  const person = ownRecord(police, { gender: '2', born: '1990-01-02', relation_to_head: '12', status: '0' });
  t.match(person, { XB: '女', CSRQ: '19900102', YHZGX: '妻', RYZT: '有效', XM: undefined });
  const ledger = publisherWords(await demoContract('grid-center/resident'), { ...FIRST, dates: 'slashes' });
  t.match(ownRecord(ledger, { born: '1990-01-02', marital_status: '40' }), { 出生日期: '1990/1/2', 婚姻状况: '离异' });
  const workers = publisherWords(await demoContract('grid-center/grid-worker'), FIRST);
  t.match(
    ownRecord(workers, { full_time: false, post: '4' }),
    { 是否专职: '兼职', 岗位: '兼职网格员' },
    'a boolean with codes',
  );
  const divisions = publisherWords(await demoContract('exchange/division'), FIRST);
  t.match(ownRecord(divisions, { quasi: true, level: '3' }), { 类似村居: '是', 级别: '县区' }, 'a boolean without');
  const volunteers = publisherWords(await demoContract('grid-center/volunteer'), FIRST);
  t.match(ownRecord(volunteers, { skills: ['01', '99'], hours: '3.5' }), { 服务类别: '助老、其他', 服务时长: '3.5' });
  const buildings = publisherWords(await demoContract('housing/building'), FIRST);
  t.match(ownRecord(buildings, { point: [118, 36.5] }), { 坐标: '118,36.5' });
});

t.test('of several spellings a file takes what its seed says, a system its own', async (t) => {
  const contract = await demoContract('natural-resources/house');
  const headings = new Set<string>();
  const uses = new Set<unknown>();
  const addresses = await demoContract('exchange/address');
  for (let seed = 0; seed < 30; seed++) {
    const words = publisherWords(contract, { spelling: { seed, file: 'test' } });
    uses.add(ownRecord(words, { use: '01' }).规划用途);
    for (const heading of publisherWords(addresses, { spelling: { seed, file: 'test' } }).headings)
      headings.add(heading);
    const again = publisherWords(contract, { spelling: { seed, file: 'test' } });
    const first = publisherWords(contract, { spelling: { seed, file: 'test' } });
    t.same(again.valuesOf({ use: '01' }), first.valuesOf({ use: '01' }), 'the same seed, the same words');
  }
  t.same(uses, new Set(['成套住宅', '非成套住宅']));
  t.ok(headings.has('地址全称') && headings.has('标准地址'));
  const device = publisherWords(await demoContract('housing/device'), { spelling: 'last' });
  t.same(device.headings, ['sbbh', 'sblx', 'xqbm', 'sqbm', 'azwz', 'jrxy', 'sbzt']);
  t.match(ownRecord(device, { kind: '04' }), { sblx: 'SW' });
});

t.test('what no contract maps is an error', async (t) => {
  const words = publisherWords(await demoContract('police/resident'), FIRST);
  for (const row of [{ gender: '9' }, { gender: '男' }, { gender: 1.5 }, { status: '' }, { status: true }]) {
    t.throws(() => words.valuesOf(row), /has no word for/, JSON.stringify(row));
  }
  await t.rejects(demoContract('police/nothing'), /no contract of police\/nothing/);
});

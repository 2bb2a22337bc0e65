import { residentIdCheck } from '../../src/standard/identifier.js';
import type { TestNode } from '../support/node.js';

const DIVISION = '370303104003';
const EDUCATION = ['大学本科', '大学专科', '初中', '小学'];

/** Made-up people as the police would write them, in their own headings; numbers of a county that was never assigned. */
export function people(count: number): Record<string, string>[] {
  return Array.from({ length: count }, (_, i) => {
    const digits = `37039919800131${String(i + 1).padStart(3, '0')}`;
    return {
      GMSFHM: digits + residentIdCheck(digits),
      ZJZL: '居民身份证',
      XM: `测试${String.fromCodePoint(0x4e00 + i)}`,
      XB: i % 2 === 0 ? '男' : '女',
      CSRQ: '1980-01-31',
      MZ: '汉族',
      WHCD: EDUCATION[i % EDUCATION.length]!,
      XZD: DIVISION,
      HJD: DIVISION,
      LXDH: `199053300${String(i).padStart(2, '0')}`,
      RYZT: '有效',
    };
  });
}

/** Registers the police's publisher application and hands the people over through the public door. */
export async function deliverPeople(node: TestNode, rows: readonly Record<string, string>[]): Promise<void> {
  await node.register('police-publisher', { department: 'police', roles: ['publisher'] });
  await node.grant({ application: 'police-publisher', dataset: 'police/resident', mode: 'deliver' });
  const sent = await node.ask('POST', '/data/police/resident/v1/deliveries?mode=snapshot', {
    as: 'police-publisher',
    headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': 'people-1' },
    body: rows.map((row) => JSON.stringify(row)).join('\n'),
  });
  if (sent.body?.accepted !== rows.length) throw new Error(sent.text);
}

/** Masks that unmask every personal field of the residents. */
export function unmasked(node: TestNode, dataset = 'police/resident'): Record<string, 'none'> {
  const { fields } = node.exchange.policy.current().catalog.contracts.get(`${dataset}/v1`)!;
  const personal = [...fields.values()].filter(({ sensitivity }) => sensitivity === 'L3' || sensitivity === 'L4');
  return Object.fromEntries(personal.map(({ name }) => [name, 'none' as const]));
}

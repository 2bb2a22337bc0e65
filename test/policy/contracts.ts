import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileContract } from '../../src/catalog/compile/compile-contract.js';
import type { Contract, Publisher, Purpose } from '../../src/catalog/contract.js';
import { packageRoot } from '../../src/platform/paths.js';
import { loadStandard } from '../../src/standard/standard.js';

const title = { zh: '测试', en: 'Test' };
const COMMON = {
  title,
  summary: title,
  resource: { code: '303001001/000001', format: 'database', update: 'daily' },
  classification: { category: '人口', grade: 'general-3' },
  sharing: { attribute: 'conditional', modes: ['api'], scope: '区级部门', use: '测试', basis: '测试' },
  assessments: { secrecy: '无', 'personal-information': '已完成', 'approved-by': '负责人' },
};

/** The documents of contracts.yaml with what every contract must say. */
export const documents: Record<string, unknown>[] = (
  parse(readFileSync(join(packageRoot, 'test/policy/contracts.yaml'), 'utf8'), { schema: 'failsafe' }) as object[]
).map((document) => ({ ...COMMON, ...document }));

function compiled(document: unknown): Contract {
  const result = compileContract(document, loadStandard());
  if ('faults' in result) throw new Error(JSON.stringify(result.faults));
  return result.contract;
}

export const contracts: Contract[] = documents.map(compiled);
export const purposes: Purpose[] = ['care', 'count', 'rescue'].map((code) => ({ code, title, law: '测试' }));
export const publishers: Publisher[] = [{ slug: 'town', title, uscc: '11370303004227123X', kind: 'department' }];

import { isWhole } from '../../access/grants/row-scope.js';
import { makeCatalog } from '../../catalog/catalog.js';
import type { Contract, Title } from '../../catalog/contract.js';
import type { ReleasedDatasets } from '../../catalog/released.js';
import { rowIdHex } from '../../catalog/row-id.js';
import type { FindingRule } from '../../ingest/rules/rule.js';
import { RULES } from '../../ingest/rules/rules.js';
import { releasedDatasets } from '../../query/datasets/released.js';
import { townshipOf } from '../../standard/region.js';
import type { Computed, Computing, ReadBatches } from './computing.js';
import type { GrantedRead } from './granted-reads.js';

const FINDING_RULES = RULES.filter((rule): rule is FindingRule => rule.kind === 'finding');
const ENTITIES = new Set(FINDING_RULES.flatMap((rule) => rule.entities));

/** Findings on the district by township, as the rules define them. Rules see only what is granted. */
export function findingsOfDistrict({ reads, standard, keys }: Computing): Computed {
  const granted = reads.filter(
    ({ contract, access }) => ENTITIES.has(contract.entity ?? '') && isWhole(access.grant.rows),
  );
  const seen = new Map(granted.map((read) => [read, asGranted(read)]));
  const catalog = makeCatalog([...seen.values()], [], [], standard);
  return {
    used: new Map([...seen].map(([read, { fields }]) => [read, new Set(fields.keys())])),
    notes: { looked: [...seen.values()].map(({ name }) => name) },
    async *rows(read, client) {
      for await (const found of findingsOf(await releasedDatasets(client, catalog), read)) {
        yield found.map(({ rule, division_code, subject, detail }) => ({
          finding_no: rowIdHex(keys, 'finding', [rule.name, subject]),
          rule: rule.name,
          rule_title: rule.title.zh,
          rule_title_en: rule.title.en,
          division_code,
          subject,
          detail: detail.zh,
          detail_en: detail.en,
        }));
      }
    },
  };
}

/** One finding on the live rows. */
interface DistrictFinding {
  rule: FindingRule;
  /** Township, 9 digits. */
  division_code: string;
  /** Code of the grid. */
  subject: string;
  detail: Title;
}

/** All findings on the live rows of the datasets, by rule, township and subject. @internal */
export async function* findingsOf(datasets: ReleasedDatasets, read: ReadBatches): AsyncGenerator<DistrictFinding[]> {
  for (const rule of FINDING_RULES) {
    const query = rule.found(datasets);
    if (query === undefined) continue;
    const text = `SELECT * FROM (${query}) f ORDER BY division_code, subject`;
    for await (const rows of read(text, [])) {
      yield rows.map((row) => ({
        rule,
        division_code: townshipOf(String(row.division_code)),
        subject: String(row.subject),
        detail: rule.detail(row),
      }));
    }
  }
}

/** The contract with its unmasked fields only: a rule that needs another field finds nothing. */
function asGranted({ contract, access }: GrantedRead): Contract {
  const open = [...contract.fields].filter(([name]) => {
    const field = access.fields.get(name);
    return field?.mask === 'none' && field.minorMask === 'none';
  });
  return { ...contract, fields: new Map(open) };
}

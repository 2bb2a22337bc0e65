import { isWhole } from '../../access/grants/row-scope.js';
import { makeCatalog } from '../../catalog/catalog.js';
import type { Contract } from '../../catalog/contract.js';
import { rowIdHex } from '../../catalog/row-id.js';
import { RULES } from '../../ingest/rules/rules.js';
import { findingsOf } from '../../ingest/rules/set/findings.js';
import type { Computed, Computing } from './computing.js';
import type { GrantedRead } from './granted-reads.js';

const FINDING_RULES = RULES.filter((rule) => rule.kind === 'finding');
const ENTITIES = new Set(FINDING_RULES.flatMap((rule) => rule.entities));

/** Findings on the district by township, as the rules have them; rules see what is granted and nothing else. */
export function findingsOfDistrict({ reads, standard, keys }: Computing): Computed {
  const granted = reads.filter(
    ({ contract, access }) => ENTITIES.has(contract.entity ?? '') && isWhole(access.grant.rows),
  );
  const seen = granted.map(asGranted);
  const catalog = makeCatalog(seen, [], [], standard);
  const titles = new Map(FINDING_RULES.map((rule) => [rule.name, rule.title]));
  return {
    used: new Map(granted.map((read, i) => [read, new Set(seen[i]!.fields.keys())])),
    notes: { looked: seen.map(({ name }) => name) },
    async *rows(_read, client) {
      const findings = await findingsOf(client, catalog);
      yield findings.map(({ rule, division_code, subject, detail }) => ({
        finding_no: rowIdHex(keys, 'finding', [rule, subject]),
        rule,
        rule_title: titles.get(rule)!.zh,
        rule_title_en: titles.get(rule)!.en,
        division_code,
        subject,
        detail: detail.zh,
        detail_en: detail.en,
      }));
    },
  };
}

/** The contract with the fields that leave unmasked: a rule that needs another one finds nothing. */
function asGranted({ contract, access }: GrantedRead): Contract {
  const open = [...contract.fields].filter(([name]) => {
    const field = access.fields.get(name);
    return field?.mask === 'none' && field.minorMask === 'none';
  });
  return { ...contract, fields: new Map(open) };
}

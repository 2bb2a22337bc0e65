import type { Contract } from '../../catalog/contract.js';
import { loadHeadingWords } from '../../standard/headings/heading-words.js';
import { loadSpelling } from '../../standard/headings/pinyin.js';
import type { Standard } from '../../standard/standard.js';
import type { KnownHeadings } from '../readers/known-headings.js';
import type { Source } from '../readers/source.js';
import type { CatalogDraft } from './catalog-draft.js';
import { type DraftTerms, draftContract } from './draft-contract.js';
import { candidateGroups } from './draft-keys.js';
import { nameElements } from './element-names.js';
import { profileTable } from './look/table-profile.js';
import { openMatcher } from './match-elements.js';

interface Drafting {
  source: Source;
  terms: DraftTerms;
  /** Fixes the entity; default: the one that explains most columns. */
  entity?: string | undefined;
}

/** Drafts any number of tables: the names of elements are read once. */
export type DraftTable = (drafting: Drafting) => Promise<CatalogDraft>;

/**
 * A contract as far as a table shows it: reads the source once, in bounded memory, and keeps nothing of a row.
 * `contracts`: whose headings are known. The function throws Unreadable as the source's reader, or where the table has no
 * columns or too many.
 */
export async function openDrafting(known: { standard: Standard; contracts: Iterable<Contract> }): Promise<DraftTable> {
  const { standard } = known;
  const words = loadHeadingWords();
  const named = nameElements(known, words);
  const spelling = await loadSpelling(words);
  return async ({ source, terms, entity }) => {
    const matching = { standard, named, words, spelling, entity };
    const match = openMatcher(matching);
    const table = await profileTable(source, async (columns) => candidateGroups(await match(columns)));
    return draftContract(table, await match(table.columns), { terms, matching });
  };
}

const HEADING_AT_MOST = 40;

/** Headings of a table that no contract describes: any short text that is no value. The fullest row of them is the header. */
export const anyHeading: KnownHeadings = (text) => {
  const heading = text.trim();
  const isHeading = heading.length <= HEADING_AT_MOST && /\p{L}/u.test(heading) && !/\p{Nd}{4}|[/"{}]/u.test(heading);
  return isHeading ? { heading, field: undefined } : undefined;
};

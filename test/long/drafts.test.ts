import { gunzipSync } from 'node:zlib';
import t from 'tap';
import type { Contract } from '../../src/catalog/contract.js';
import type { PublisherFile } from '../../src/client/deliver-file.js';
import { demoContract } from '../../src/demo/files/demo-contracts.js';
import { publisherFile } from '../../src/demo/files/publisher-file.js';
import { publisherFiles } from '../../src/demo/files/publisher-files.js';
import { deviceRows } from '../../src/demo/places/device-rows.js';
import { organizationRows } from '../../src/demo/places/organization-rows.js';
import { planPopulation } from '../../src/demo/places/plan.js';
import { anyHeading, openDrafting } from '../../src/ingest/draft/draft-table.js';
import { sourceOf } from '../../src/ingest/readers/open.js';
import { loadStandard } from '../../src/standard/standard.js';

// The demo's own files are drafted as if nothing of their publisher were in the catalog: its headings are unknown.
const SEED = 5;
const PEOPLE = 3_000;
const plan = planPopulation(PEOPLE, SEED);

async function demoFiles(): Promise<PublisherFile[]> {
  const pulled = [
    ['housing/device', () => deviceRows(plan)],
    ['grid-center/organization', () => organizationRows(plan)],
  ] as const;
  const files = await publisherFiles({ people: PEOPLE, seed: SEED });
  for (const [dataset, rows] of pulled) {
    files.push(publisherFile({ contract: await demoContract(dataset), seed: SEED, rows }, { name: '' }));
  }
  // Where several property companies deliver a dataset, one of them is enough.
  return files.filter(({ dataset }, at) => files.findIndex((file) => file.dataset === dataset) === at);
}

async function bytesOf(file: PublisherFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of file.stream()) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return file.gzip ? gunzipSync(bytes) : bytes;
}

async function draftOf(file: PublisherFile, contracts: readonly Contract[]) {
  const bytes = await bytesOf(file);
  const source = sourceOf({
    mediaType: file.mediaType.startsWith('text/csv') ? 'text/csv' : 'application/x-ndjson',
    charset: undefined,
    content: (async function* () {
      yield bytes;
    })(),
    known: anyHeading,
    spool: { directory: t.testdirName, name: () => 'unused' },
    limitBytes: 1e9,
  });
  const terms = { dataset: file.dataset, title: undefined, format: 'spreadsheet' as const };
  const draftTable = await openDrafting({ standard: loadStandard(), contracts });
  return draftTable({ source, terms });
}

t.test(
  'four of five columns of every publisher get the element of their contract, by other publishers alone',
  async (t) => {
    const files = await demoFiles();
    const contracts = await Promise.all([...new Set(files.map(({ dataset }) => dataset))].map(demoContract));
    const tally = new Map<string, { right: number; all: number }>();
    for (const file of files) {
      const contract = await demoContract(file.dataset);
      const { publisher } = contract;
      const draft = await draftOf(
        file,
        contracts.filter((other) => other.publisher !== publisher),
      );
      const counted = tally.get(publisher) ?? { right: 0, all: 0 };
      tally.set(publisher, counted);
      for (const { heading, element } of draft.columns) {
        const field = [...contract.fields.values()].find(({ from }) => from.includes(heading));
        const [entity, name] = element?.split('.') ?? [];
        counted.all++;
        // What a contract adds to its entity is an element of another.
        if (name === field?.name && (entity === contract.entity || field?.standard === false)) counted.right++;
        else t.comment(`${file.dataset} ${heading}: ${element}, not ${contract.entity}.${field?.name}`);
      }
    }
    for (const [publisher, { right, all }] of tally) {
      t.comment(`${publisher}: ${right} of ${all} columns, ${Math.round((100 * right) / all)} %`);
      t.ok(right >= 0.8 * all, publisher);
    }
  },
);

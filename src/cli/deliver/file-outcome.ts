import Type, { type Static } from 'typebox';
import { tableOf } from '../table.js';
import type { ChosenFile } from './choose-files.js';

/** The parts of a delivery's reply that the command prints. */
export const DELIVERY = Type.Object({
  id: Type.String(),
  state: Type.String(),
  received: Type.Number(),
  accepted: Type.Number(),
  rejected: Type.Number(),
  deleted: Type.Number(),
  release: Type.Union([Type.Number(), Type.Null()]),
  report: Type.Union([
    Type.Object({
      unchanged: Type.Optional(Type.Object({ release: Type.Number() })),
      refused: Type.Optional(Type.Object({ reason: Type.String(), line: Type.Optional(Type.Number()) })),
      faults: Type.Optional(
        Type.Array(
          Type.Object({ field: Type.Union([Type.String(), Type.Null()]), rule: Type.String(), rows: Type.Number() }),
        ),
      ),
      source: Type.Optional(
        Type.Object({ charset: Type.Optional(Type.String()), misreadRows: Type.Optional(Type.Number()) }),
      ),
      quality: Type.Optional(Type.Object({ scores: Type.Record(Type.String(), Type.Number()) })),
    }),
    Type.Null(),
  ]),
});
export type DeliveryReply = Static<typeof DELIVERY>;

/** How one file ended: with a delivery or with a refusal. */
export type FileOutcome = Pick<ChosenFile, 'name' | 'dataset'> & ({ delivery: DeliveryReply } | { refused: string });

export interface OutcomeCounts {
  files: number;
  published: number;
  unchanged: number;
  rejected: number;
  refused: number;
}

/** `published`, `unchanged`, `rejected`, `refused`, or another state of a delivery that did not end well. */
function stateOf(outcome: FileOutcome): string {
  if ('refused' in outcome) return 'refused';
  const { state, report } = outcome.delivery;
  return state === 'published' && report?.unchanged ? 'unchanged' : state;
}

export function tallyOf(outcomes: readonly FileOutcome[]): OutcomeCounts {
  const count = (...states: string[]) => outcomes.filter((outcome) => states.includes(stateOf(outcome))).length;
  const [published, unchanged, refused] = [count('published'), count('unchanged'), count('refused')];
  const rejected = outcomes.length - published - unchanged - refused;
  return { files: outcomes.length, published, unchanged, rejected, refused };
}

const HEADING = ['file', 'dataset', 'state', 'received', 'rejected', 'release', 'why'];
const NUMBERS = [3, 4, 5];

export function outcomeTable(outcomes: readonly FileOutcome[]): string {
  return tableOf([HEADING, ...outcomes.map(rowOf)], NUMBERS);
}

function rowOf(outcome: FileOutcome): string[] {
  const { name, dataset } = outcome;
  const head = [name, dataset.contract.replace(/\/v1$/, ''), stateOf(outcome)];
  if ('refused' in outcome) return [...head, '', '', '', outcome.refused];
  const { received, rejected, release } = outcome.delivery;
  return [
    ...head,
    String(received),
    String(rejected),
    release === null ? '' : String(release),
    whyOf(outcome.delivery),
  ];
}

/** What the sender should look at first. */
function whyOf({ report }: DeliveryReply): string {
  const { unchanged, refused, faults = [], quality, source } = report ?? {};
  if (unchanged) return `the same file as in release ${unchanged.release}`;
  const { field, rule, rows } = faults[0] ?? {};
  const fault = rule === undefined ? undefined : `${field ?? 'row'}: ${rule} (${rows} rows)`;
  const first = refused ? [refused.reason, fault] : [misreadOf(source), fault, quality && worstOf(quality.scores)];
  return [...first, charsetOf(source, faults)].filter(Boolean).join('; ');
}

type SourceNotes = NonNullable<NonNullable<DeliveryReply['report']>['source']>;

function misreadOf({ misreadRows: rows = 0 }: SourceNotes = {}): string | undefined {
  return rows === 0 ? undefined : `${rows} rows look like mojibake (乱码), as if saved in a wrong charset: check them`;
}

/** UTF-8 is what everybody expects, unless rows have broken characters. */
function charsetOf({ charset }: SourceNotes = {}, faults: readonly { rule: string }[] = []): string | undefined {
  const told = charset !== undefined && (charset !== 'utf-8' || faults.some(({ rule }) => rule === 'encoding'));
  return told ? `read as ${charset}` : undefined;
}

/** The worst dimension of quality. */
function worstOf(scores: Readonly<Record<string, number>>): string {
  const [dimension, score] = Object.entries(scores).reduce((worst, each) => (each[1] < worst[1] ? each : worst));
  return score === 100 ? 'quality 100' : `${dimension} ${score}`;
}

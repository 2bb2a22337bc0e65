import { isDeepStrictEqual } from 'node:util';
import type { PolicyIndex } from '../../access/policy/policy.js';
import { Problem } from '../../platform/errors.js';
import { checkDraft } from './check-draft.js';
import { checkTerms } from './check-terms.js';
import type { AccessRequest, AgreedTerms, RequestFacts, StepBody, Supplement } from './request.js';
import type { StepName } from './transitions.js';

/** What an effect knows. */
interface Effecting {
  request: AccessRequest;
  said: StepBody;
  /** Login. */
  person: string;
  /** The department for which the person acts. */
  department: string;
  index: PolicyIndex;
  now: number;
}

type Effect = (effecting: Effecting) => Partial<RequestFacts>;

/** What steps change beside the state, the clock and the grant. A step that is not named changes nothing more. */
export const EFFECTS: Readonly<Partial<Record<StepName, Effect>>> = {
  approve: ({ person }) => ({ approvedBy: person }),
  return: () => ({ approvedBy: null }),
  submit: ({ request, index, now }) => {
    checkDraft(request.asked, { index, department: request.department, now });
    return {};
  },
  'ask-supplement': ({ said: { items = [] } }) => {
    const missing = items.map((_, i) => i);
    return { supplement: { items, missing, answers: items.map(() => null) } };
  },
  'still-missing': ({ request, said: { missing = [] } }) => {
    const supplement = supplementOf(request);
    const faults = missing.flatMap((item, i) =>
      item < supplement.items.length && missing.indexOf(item) === i
        ? []
        : [
            {
              pointer: `/missing/${i}`,
              reason: 'Not an item of the list',
              expected: `0 to ${supplement.items.length - 1}, each once`,
            },
          ],
    );
    if (faults.length > 0)
      throw new Problem('unprocessable', 'Only items of the one list can still be missing', { faults });
    return { supplement: { ...supplement, missing } };
  },
  supplement: ({ request, said: { answers = [] } }) => {
    const supplement = supplementOf(request);
    if (answers.length !== supplement.missing.length) {
      const faults = [
        {
          pointer: '/answers',
          reason: 'One answer for each missing item',
          expected: `${supplement.missing.length} answers`,
        },
      ];
      throw new Problem('unprocessable', 'The supplement is not complete', { faults });
    }
    const given = new Map(supplement.missing.map((item, i) => [item, answers[i] ?? null]));
    return {
      supplement: { ...supplement, missing: [], answers: supplement.answers.map((old, i) => given.get(i) ?? old) },
    };
  },
  'ask-extension': ({ said: { workingDays = 0, reasons = '' }, person }) => {
    return { extension: { workingDays, reasons, by: person, state: 'asked' } };
  },
  extend: (effecting) => answered(effecting, 'granted'),
  'refuse-extension': (effecting) => answered(effecting, 'refused'),
  agree: ({ request, said, person }) => {
    const terms = termsOf(request, said);
    const faults = checkTerms(request.asked, terms);
    if (faults.length > 0) throw new Problem('unprocessable', 'A grant never gives more than was asked', { faults });
    const inPart = !isDeepStrictEqual(terms, termsOf(request, {}));
    if (inPart && said.reasons === undefined) {
      const missing = [{ pointer: '/reasons', reason: 'An agreement in part needs its reasons' }];
      throw new Problem('unprocessable', 'The reasons are missing', { faults: missing });
    }
    return {
      decision: { outcome: inPart ? 'agreed-in-part' : 'agreed', by: person, reasons: said.reasons ?? null, terms },
    };
  },
  refuse: ({ said, person }) => ({
    decision: { outcome: 'refused', by: person, reasons: said.reasons ?? null, terms: null },
  }),
  terminate: ({ request, said: { cause = 'misuse', consulted, filing }, department }) => {
    if (cause === 'provider-change' && (consulted === undefined || filing === undefined)) {
      const missing = Object.entries({ consulted, filing }).filter(([, value]) => value === undefined);
      const faults = missing.map(([name]) => ({
        pointer: `/${name}`,
        reason: "A provider's change is discussed with the applicant and filed first",
      }));
      throw new Problem('unprocessable', "A provider's change needs its consultation and filing (备案)", { faults });
    }
    if (cause !== 'purpose-fulfilled' && department !== request.provider) {
      throw new Problem(
        'forbidden',
        'The applicant terminates because the purpose is fulfilled; other causes are for the provider',
      );
    }
    return { termination: { cause, consulted: consulted ?? null, filing: filing ?? null } };
  },
};

/** What is agreed: what was asked, with what the provider names instead. */
function termsOf({ asked }: AccessRequest, said: StepBody): AgreedTerms {
  const requires = said.requires ?? asked.requires;
  const validFrom = said.validFrom ?? asked.validFrom;
  return {
    fields: said.fields ?? asked.fields,
    masks: said.masks ?? (said.fields === undefined ? asked.masks : masksOf(asked.masks, said.fields)),
    rows: said.rows ?? asked.rows,
    purposes: said.purposes ?? asked.purposes,
    ...(requires === undefined ? {} : { requires }),
    ...(validFrom === undefined ? {} : { validFrom }),
    validUntil: said.validUntil ?? asked.validUntil,
  };
}

/** A provider that grants fewer fields need not repeat the masks of the others. */
function masksOf(masks: AgreedTerms['masks'], fields: readonly string[]): AgreedTerms['masks'] {
  return Object.fromEntries(Object.entries(masks).filter(([name]) => name === 'minors' || fields.includes(name)));
}

function supplementOf({ supplement }: AccessRequest): Supplement {
  if (supplement === null) throw new Problem('conflict', 'No supplement was asked for');
  return supplement;
}

function answered({ request }: Effecting, state: 'granted' | 'refused'): Partial<RequestFacts> {
  if (request.extension?.state !== 'asked') throw new Problem('conflict', 'No extension waits for consent');
  return { extension: { ...request.extension, state } };
}

export type Subject = 'person' | 'house';

/** What a row of an entity says of a person or a house. */
export interface Facts {
  subject: Subject;
  /** The field that names the subject. */
  by: string;
  /** Element of the subject's own entity → field that says it; `all`: each under its own name. */
  says: 'all' | Readonly<Record<string, string>>;
  /** Where the subject is. */
  division?: string;
  grid?: string;
}

/** By entity of the standard. What is not here is compared with nothing: a name alone doesn't make two elements the same. */
export const FACTS: Readonly<Record<string, readonly Facts[]>> = {
  person: [{ subject: 'person', by: 'id_number', says: 'all', division: 'residence_division', grid: 'grid_code' }],
  migrant: [
    {
      subject: 'person',
      by: 'id_number',
      says: { name: 'name', residence_division: 'residence_division' },
      division: 'residence_division',
    },
  ],
  household: [
    {
      subject: 'person',
      by: 'head_id',
      says: { name: 'head_name', registered_division: 'division_code' },
      division: 'division_code',
    },
  ],
  social_assistance: [{ subject: 'person', by: 'head_id', says: { name: 'head_name' }, division: 'division_code' }],
  ownership: [
    { subject: 'person', by: 'owner_id', says: { name: 'owner_name' }, division: 'division_code' },
    {
      subject: 'house',
      by: 'house_code',
      says: { real_estate_unit_no: 'real_estate_unit_no' },
      division: 'division_code',
    },
  ],
  house: [{ subject: 'house', by: 'house_code', says: 'all', division: 'division_code', grid: 'grid_code' }],
  dwelling_household: [
    {
      subject: 'house',
      by: 'house_code',
      says: { division_code: 'division_code', grid_code: 'grid_code' },
      division: 'division_code',
      grid: 'grid_code',
    },
  ],
  fee_bill: [{ subject: 'house', by: 'house_code', says: { area_m2: 'area_m2' } }],
};

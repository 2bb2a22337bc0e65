/** One division (区划) of the statistics codes: district 6 digits, township 9, community or village 12. */
export interface Division {
  code: string;
  name: string;
  level: string;
  /** Code of the division above. */
  parent: string;
  settlement: string | undefined;
  /** 类似居(村)委会: no families live there. */
  quasi: boolean;
  /** The authority that runs it, where it is not the district. */
  administeredBy: string | undefined;
}

/** Digits of a township's code; the prefix of every community in it. */
export const TOWNSHIP_DIGITS = 9;

/** The code of the township above a community; shorter codes are returned as they are. */
export function townshipOf(code: string): string {
  return code.slice(0, TOWNSHIP_DIGITS);
}

/**
 * The field of the same row with the division of an address: `*_division` with the same stem (registered_address → registered_division), else
 * division_code, else undefined: then the mask `division` hides.
 */
export function divisionFieldOf(address: string, has: (field: string) => boolean): string | undefined {
  const own = address.replace(/_?address$/, '_division');
  if (address.endsWith('_address') && has(own)) return own;
  return has('division_code') ? 'division_code' : undefined;
}

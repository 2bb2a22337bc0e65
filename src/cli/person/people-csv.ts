import { PERSON_ROLES } from '../../access/people/role.js';
import { readCsv } from '../../standard/read-csv.js';
import { CommandError, EXIT } from '../exit-code.js';

export interface CsvPerson {
  login: string;
  name: string;
  department: string;
  roles: string[];
}

const CODES: ReadonlyMap<string, string> = new Map(Object.entries(PERSON_ROLES).map(([code, { zh }]) => [zh, code]));
const COLUMNS = ['login', 'name', 'department', 'roles'] as const;

/** Columns `login`, `name`, `department`, `roles`: codes or Chinese titles, with spaces, `;` or `、` between them. Throws CommandError naming the line. */
export function peopleFromCsv(file: string): CsvPerson[] {
  const lines = readLines(file);
  if (lines.length === 0) throw new CommandError(EXIT.usage, `${file} has no line.`);
  return lines.map((line, i) => {
    const lacking = COLUMNS.find((column) => (line[column] ?? '').trim() === '');
    if (lacking !== undefined) throw new CommandError(EXIT.usage, `${file}:${i + 2}: ${lacking} is missing.`);
    const { login = '', name = '', department = '', roles = '' } = line;
    const codes = roles.split(/[\s;；、,，]+/).filter((role) => role !== '');
    return {
      login: login.trim(),
      name: name.trim(),
      department: department.trim(),
      roles: codes.map((role) => CODES.get(role) ?? role),
    };
  });
}

function readLines(file: string): Record<string, string>[] {
  try {
    return readCsv(file);
  } catch (cause) {
    if (cause instanceof Error && 'path' in cause) throw cause;
    throw new CommandError(EXIT.usage, `${file} is not readable CSV in UTF-8.`);
  }
}

/** In both languages of the district's operators. */
export interface Said {
  en: string;
  zh: string;
}

/** One line of the doctor. What is not ok says what to do. */
export interface Finding {
  /** Stable, for programs. */
  check: string;
  level: 'ok' | 'warn' | 'bad';
  said: Said;
}

export function ok(check: string, en: string, zh: string): Finding {
  return { check, level: 'ok', said: { en, zh } };
}

export function warn(check: string, en: string, zh: string): Finding {
  return { check, level: 'warn', said: { en, zh } };
}

export function bad(check: string, en: string, zh: string): Finding {
  return { check, level: 'bad', said: { en, zh } };
}

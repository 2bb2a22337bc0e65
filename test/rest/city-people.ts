import fc from 'fast-check';

/** People as the city writes them, in every form of a value. */
export function somePeople(count: number): ({ GMSFHM: string } & Record<string, unknown>)[] {
  const text = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .filter((value) => !/[\0]/.test(value) && value.trim() !== '');
  const person = fc.record({
    born: fc.date({ min: new Date('1930-01-01'), max: new Date('2026-11-01'), noInvalidDate: true }),
    XM: text.map((value) => value.toWellFormed()),
    XB: fc.constantFrom('男', '女', null),
    XZD: fc.constantFrom('370303104003', '370303009211', null),
    spouses: fc.option(fc.integer({ min: -2147483648, max: 2147483647 })),
    paid: fc.option(fc.constantFrom('0', '-0.50', '1.10', '999999.99', 7)),
    seen_at: fc.option(fc.constantFrom('2026-11-24T08:00:00+08:00', '2026-11-24T00:00:00.5Z')),
    tags: fc.option(fc.array(fc.constantFrom('甲', '"', '\\'), { maxLength: 3 })),
    spot: fc.option(fc.constant({ type: 'Point', coordinates: [118.05, 36.8] })),
    ok: fc.option(fc.boolean()),
    big: fc.option(fc.constantFrom('9223372036854775807', '-1')),
  });
  return fc.sample(person, { numRuns: count, seed: 809 }).map(({ born, ...row }, i) => {
    const day = born.toISOString().slice(0, 10).replaceAll('-', '');
    return { ...row, CSRQ: i % 9 === 0 ? null : day, GMSFHM: numbered(`370399${day}${String(i).padStart(3, '0')}`) };
  });
}

/** With its check character (GB 11643). */
export function numbered(seventeen: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, i) => total + weight * Number(seventeen[i]), 0);
  return `${seventeen}${'10X98765432'[sum % 11]}`;
}

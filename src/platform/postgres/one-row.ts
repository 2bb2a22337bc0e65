/** The row of a query that always gives one. @throws Error naming what is missing */
export function oneRow<R>({ rows: [row] }: { rows: readonly R[] }, what: string): R {
  if (row === undefined) throw new Error(`the query gives no ${what}`);
  return row;
}

/** One row of a publisher's file, in the order of its headings; undefined is an empty cell. Numbers and objects stay so in NDJSON. */
export type Cell = string | number | Readonly<Record<string, unknown>> | undefined;
export type Row = readonly Cell[];

/** `police/resident/v1`. */
export function contractId(dataset: string, major: number | string): string {
  return `${dataset}/v${major}`;
}

/** Where a contract's dataset is below the base of the API: `/data/police/resident/v1`. */
export function datasetPath(id: string): string {
  return `/data/${id}`;
}

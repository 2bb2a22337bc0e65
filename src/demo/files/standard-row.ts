/** `list` values are texts, a point is longitude and latitude, `object` a geometry; undefined is empty. */
export type StandardValue = string | number | boolean | readonly (string | number)[] | object | undefined;

/** A row in the standard's terms: a contract's field → code of the standard, ISO date, or plain value. */
export type StandardRow = Readonly<Record<string, StandardValue>>;

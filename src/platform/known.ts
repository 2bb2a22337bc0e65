/** The value of a key that has one. Throws Error with the key where it has none, so a key is a name, never a personal value. */
export function known<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`${String(key)} is missing.`);
  return value;
}

/** The item of an index that is inside the list. Throws RangeError where it is outside. */
export function itemAt<T>(list: ArrayLike<T>, index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`There is no item ${index} of ${list.length}.`);
  return item;
}

/** Carries out what was begun in reverse order and empties the list. A step that fails does not stop the next one. */
export async function undoAll(undo: (() => unknown)[]): Promise<void> {
  for (const step of undo.splice(0).reverse())
    await Promise.resolve()
      .then(step)
      .catch(() => {});
}

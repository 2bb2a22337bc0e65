/** A row's text as PostgreSQL can hold it: NUL shown as ␀, half a surrogate pair as U+FFFD. */
export function storableText(text: string): string {
  const shown = text.includes('\0') ? text.replaceAll('\0', '␀') : text;
  return shown.isWellFormed() ? shown : shown.toWellFormed();
}

/** Prints one result: as JSON on one line where asked for, else as text for people. */
export function print(options: { json?: boolean | undefined }, result: unknown, text: string): void {
  process.stdout.write(`${options.json ? JSON.stringify(result) : text}\n`);
}

/** Bold where the terminal has it; `hasColors` knows NO_COLOR. */
export function strong(text: string): string {
  const coloured = process.stdout.isTTY && process.stdout.hasColors?.();
  return coloured ? `\u001b[1m${text}\u001b[22m` : text;
}

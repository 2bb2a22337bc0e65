/**
 * The one file that loads oidc-provider. At loading the library warns that it wants Node 22; our tests run it on Node 20, 22 and 24, so this
 * one warning is left out. Every other warning is printed.
 */
const { warn } = console;
console.warn = (...parts: unknown[]) => {
  if (!String(parts[0]).includes('oidc-provider WARNING: Unsupported runtime.')) warn(...parts);
};
export const { errors, Provider } = await import('oidc-provider').finally(() => {
  console.warn = warn;
});

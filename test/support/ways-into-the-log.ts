/** `append` and `appendIn` of the log in a source text: called, taken out of it, or named in a string. */
export const WAYS_INTO_THE_LOG =
  /\.\s*append(?:In)?\b|\bappendIn\b|['"`]append['"`]|\{[^{}()]*\bappend\b[^{}()]*\}\s*=(?![=>])/g;

/** A server or session that we don't work with: one line with the cause, for the operator. */
export class SessionRefusal extends Error {
  override readonly name = 'SessionRefusal';
}

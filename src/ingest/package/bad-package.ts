/** Why a package is not taken, in words that hold no data. `damaged`: not the bytes that were sealed; `refused`: sound, and not for us to deliver. */
export class BadPackage extends Error {
  readonly kind: 'damaged' | 'refused';

  constructor(message: string, kind: BadPackage['kind'] = 'damaged') {
    super(message);
    this.name = 'BadPackage';
    this.kind = kind;
  }
}

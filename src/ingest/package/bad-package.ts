/** Why a package is refused, without data. `damaged`: not the sealed bytes; `refused`: intact, but not for us. */
export class BadPackage extends Error {
  readonly kind: 'damaged' | 'refused';

  constructor(message: string, kind: BadPackage['kind'] = 'damaged') {
    super(message);
    this.name = 'BadPackage';
    this.kind = kind;
  }
}

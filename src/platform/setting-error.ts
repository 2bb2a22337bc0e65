/** A wrong setting, with the name under which it was given. Never contains the value, which may be a secret. */
export class SettingError extends Error {
  readonly setting: string;

  constructor(setting: string, expected: string) {
    super(`${setting}: ${expected}`);
    this.name = 'SettingError';
    this.setting = setting;
  }
}

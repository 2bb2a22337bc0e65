/** A setting that is wrong, by the name under which it was given. Never holds the value: it may be a secret. */
export class SettingError extends Error {
  readonly setting: string;

  constructor(setting: string, expected: string) {
    super(`${setting}: ${expected}`);
    this.name = 'SettingError';
    this.setting = setting;
  }
}

/** The words of the pages for signing in, Chinese first. */
const ZH = {
  signIn: '登录',
  to: '登录后由以下程序代表您操作：',
  login: '登录名',
  password: '密码',
  code: '动态验证码或恢复码',
  codeNow: '动态验证码',
  repeat: '再次输入密码',
  otherLanguage: 'English',
  wrong: '登录名、密码或验证码不正确。',
  wait: (seconds: number) => `登录失败次数过多，请在 ${seconds} 秒后再试。`,
  busy: '系统繁忙，请稍后再试。',
  enrol: '设置账号',
  hello: (name: string, login: string) => `${name}，您的登录名是 ${login}。`,
  scan: '用身份验证器应用扫描二维码，或手工输入密钥：',
  choose: '请设置 12 至 128 个字符的密码。',
  badPassword: '密码须为 12 至 128 个字符，不得包含登录名，也不得由少数字符重复组成。',
  badRepeat: '两次输入的密码不一致。',
  badCode: '验证码与设备当前显示的不一致。',
  done: '账号已启用',
  keep: '请妥善保存以下恢复码。设备丢失时，每个恢复码可代替验证码使用一次；此页面只显示一次。',
  demo: '演示：一键登录',
  submit: '确定',
  ended: '链接或登录请求已失效',
  endedMore: '链接只能使用一次，并会过期；登录页面须在十五分钟内完成。请重新登录，或请本部门管理员重新邀请。',
};

export type Words = typeof ZH;

const EN: Words = {
  signIn: 'Sign in',
  to: 'This program will act for you:',
  login: 'Login',
  password: 'Password',
  code: 'Code of your device, or a recovery code',
  codeNow: 'Code of your device',
  repeat: 'Password again',
  otherLanguage: '中文',
  wrong: 'Login, password or code is wrong.',
  wait: (seconds) => `Too many failed sign-ins: try again in ${seconds} seconds.`,
  busy: 'The exchange is busy: try again in a moment.',
  enrol: 'Set up your account',
  hello: (name, login) => `${name}, your login is ${login}.`,
  scan: 'Scan the code with an authenticator app, or type in the key:',
  choose: 'Choose a password of 12 to 128 characters.',
  badPassword: 'The password has 12 to 128 characters, does not contain the login, and does not repeat few characters.',
  badRepeat: 'The two passwords differ.',
  badCode: 'This is not the code that the device shows now.',
  done: 'The account is open',
  keep: 'Keep these recovery codes. If you lose the device, each replaces its code once. They are shown only here.',
  demo: 'Demo: sign in by one click',
  submit: 'OK',
  ended: 'The link or the request has ended',
  endedMore:
    'A link works once and expires; a sign-in is done within fifteen minutes. Sign in again, or ask the manager of your department for another invitation.',
};

export type Language = 'zh' | 'en';

export const wordsIn = (language: Language): Words => (language === 'en' ? EN : ZH);

import { escapeHtml, page } from '../pages/page.js';
import { type Language, type Words, wordsIn } from './words.js';

/** Where a form is sent, and in which language it speaks. */
interface Placed {
  path: string;
  language: Language;
  /** What is wrong with what was sent. */
  fault?: string | undefined;
}

/** Somebody of the demo who needs no password. */
export interface DemoChoice {
  login: string;
  title: string;
}

export function signInPage({
  path,
  language,
  fault,
  client,
  demo,
}: Placed & { client: string; demo: readonly DemoChoice[] }): string {
  const words = wordsIn(language);
  const fields = [
    field('login', words.login, 'text', 'username'),
    field('password', words.password, 'password', 'current-password'),
    field('code', words.code, 'text', 'one-time-code'),
  ];
  const lead = `<p>${words.to} <strong>${escapeHtml(client)}</strong></p>`;
  const choices = demo.map(
    ({ login, title }) =>
      `<button name="demo" value="${escapeHtml(login)}" formnovalidate>${escapeHtml(title)}</button>`,
  );
  const more = demo.length === 0 ? '' : `<h2>${words.demo}</h2><p>${choices.join('')}</p>`;
  return framed(words.signIn, { path, language, fault, lead, fields, more });
}

interface Enrolling extends Placed {
  name: string;
  login: string;
  /** `data:image/png;base64,…` */
  qr: string;
  secret: string;
}

export function invitationPage({ path, language, fault, name, login, qr, secret }: Enrolling): string {
  const words = wordsIn(language);
  const grouped = secret.replaceAll(/(.{4})(?=.)/g, '$1 ');
  const lead = `<p>${escapeHtml(words.hello(name, login))} ${words.choose}</p><p>${words.scan}</p><p><img src="${qr}" width="220" height="220" alt="${escapeHtml(words.scan)}"></p><p><code>${grouped}</code></p>`;
  const fields = [
    field('password', words.password, 'password', 'new-password'),
    field('repeat', words.repeat, 'password', 'new-password'),
    field('code', words.codeNow, 'text', 'one-time-code'),
  ];
  return framed(words.enrol, { path, language, fault, lead, fields });
}

export function recoveryPage(codes: readonly string[], language: Language): string {
  const words = wordsIn(language);
  const items = codes.map((code) => `<li><code>${code}</code></li>`).join('');
  return page(words.done, `<h1>${words.done}</h1><p>${words.keep}</p><ol class="codes">${items}</ol>`, tagOf(language));
}

export function endedPage(language: Language): string {
  const words: Words = wordsIn(language);
  return page(words.ended, `<h1>${words.ended}</h1><p>${words.endedMore}</p>`, tagOf(language));
}

function framed(
  title: string,
  { path, language, fault, lead, fields, more = '' }: Placed & { lead: string; fields: string[]; more?: string },
): string {
  const words = wordsIn(language);
  const other = language === 'en' ? 'zh' : 'en';
  const alert = fault === undefined ? '' : `<p role="alert" class="fault">${escapeHtml(fault)}</p>`;
  return page(
    title,
    `<h1>${title}</h1>${lead}${alert}
<form method="post" action="${path}?lang=${language}">
${fields.join('\n')}
<button>${words.submit}</button>
${more}</form>
<p><a href="${path}?lang=${other}" lang="${other === 'en' ? 'en' : 'zh-CN'}">${words.otherLanguage}</a></p>`,
    tagOf(language),
  );
}

function field(name: string, label: string, type: string, autocomplete: string): string {
  return `<p><label for="${name}">${label}</label><input id="${name}" name="${name}" type="${type}" autocomplete="${autocomplete}" required maxlength="128" spellcheck="false" autocapitalize="none"></p>`;
}

const tagOf = (language: Language) => (language === 'en' ? 'en' : 'zh-CN');

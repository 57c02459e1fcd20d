// Signs in to the pages as a reader would, through an issuer, and says what is wrong. Called by pages.
//   node signin.mjs PAGES ISSUER LINK [FOLDER]   with a folder: screenshots of what is seen go there
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';

const [base, issuer, link, folder] = process.argv.slice(2);
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
const wrong = [];
let seen = 0;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

// A new reader. The content policy holds, as it decides where forms may lead.
async function reader(lang, width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: lang });
  const page = await context.newPage();
  page.on('request', (r) => r.url().startsWith(base) || r.url().startsWith(issuer) || r.url().startsWith(new URL(link).origin) || wrong.push(`${r.url()} is loaded from elsewhere`));
  page.on('console', (m) => m.type() === 'error' && !/401|403|404|400/.test(m.text()) && wrong.push(`${page.url()}: ${m.text()}`));
  return { context, page };
}

// look examines what the reader sees.
async function look({ page }, name, lang) {
  const say = (what) => wrong.push(`${name} (${lang}): ${what}`);
  if ((await page.locator('html').getAttribute('lang')) !== lang) say('is in another language');
  if (await page.locator('script').count()) say('holds a script');
  if (folder) await page.screenshot({ path: `${folder}/${name}.${lang}.png` });
  if (!(await page.evaluate(() => document.styleSheets.length))) say('has no style');
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) say(`is ${over} px wider than the window`);
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const v of violations) say(`${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join(', ').slice(0, 200)})`);
  seen++;
}

const words = {
  sv: { signIn: 'Logga in', go: 'Fortsätt', change: 'Byt uppdrag', out: 'Logga ut', role: 'Behandlare', other: 'Koordinator' },
  en: { signIn: 'Sign in', go: 'Continue', change: 'Change assignment', out: 'Sign out', role: 'Clinician', other: 'Coordinator' },
};

for (const [lang, width] of [['sv', 1280], ['en', 820]]) {
  const w = words[lang];
  const r = await reader(lang, width);
  const { context, page } = r;
  const expect = (holds, what) => holds || wrong.push(`${what} (${lang}), at ${page.url()}`);

  await page.goto(`${base}/?unit=SE2321000000-TEST`);
  expect(new URL(page.url()).pathname === '/sign-in', 'the list is shown to nobody in particular');
  await look(r, 'sign-in', lang);
  await page.getByRole('link', { name: w.signIn }).click();
  expect(page.url().startsWith(issuer), 'the link does not lead to the issuer');
  await page.getByRole('link', { name: 'Ann' }).click();
  expect(new URL(page.url()).pathname === '/commission', 'there is no choice of a commission');
  await look(r, 'commission', lang);
  await page.getByRole('radio', { name: 'SE2321000000-TEST' }).check();
  await page.getByRole('radio', { name: w.role }).check();
  await page.getByRole('button', { name: w.go }).click();
  expect(page.url() === `${base}/?unit=SE2321000000-TEST`, 'the choice does not lead back to the list');
  expect(await page.locator('table.patients tbody tr').count(), 'the list is empty');
  expect((await page.locator('header').innerText()).includes(w.role), 'the list does not say the commission');
  await look(r, 'list', lang);

  const before = (await context.cookies(base)).find((c) => c.name === 'painscore');
  expect(before?.httpOnly && before.sameSite === 'Lax', 'the cookie is not held back');
  await page.getByRole('link', { name: w.change }).click();
  await page.getByRole('radio', { name: w.other }).check();
  await page.getByRole('button', { name: w.go }).click();
  expect((await page.locator('header').innerText()).includes(w.other), 'the commission does not change');
  const after = (await context.cookies(base)).find((c) => c.name === 'painscore');
  expect(after && after.value !== before.value, 'the session keeps its token');

  await page.goto(`${base}/units/SE2321000000-TEST/episodes/all-three`);
  expect(await page.locator('svg').count(), 'the episode shows no chart');
  await look(r, 'episode', lang);
  await page.getByRole('button', { name: w.out }).click();
  await page.waitForURL(`${base}/signed-out`); // by way of the issuer
  await look(r, 'signed-out', lang);
  expect(!(await context.cookies(base)).some((c) => c.name === 'painscore'), 'the cookie is left');
  for (let i = 0; i < 6; i++) { // back through everything that was seen
    await page.goBack({ timeout: 5000 }).catch(() => {});
    expect(!(await page.locator('svg, table').count()), 'the back button shows what was read before');
  }
  await context.addCookies([after]); // as whoever had kept it would
  await page.goto(`${base}/`);
  expect(new URL(page.url()).pathname === '/sign-in', 'the ended session still opens the list');

  await page.goto(`${base}/sign-in/callback?code=x&state=y`);
  await look(r, 'failed', lang);
  await context.close();
}

const local = await reader('sv', 1280);
await local.page.goto(link);
if (local.page.url() !== `${new URL(link).origin}/`) wrong.push(`the local link ends at ${local.page.url()}`);
if (!(await local.page.locator('aside.mode').innerText()).includes('Lokalt läge')) wrong.push('the pages do not say that this is local mode');
await look(local, 'local', 'sv');
const nobody = await reader('sv', 1280);
await nobody.page.goto(`${new URL(link).origin}/units/u/episodes/e`);
if (new URL(nobody.page.url()).pathname !== '/sign-in') wrong.push(`without the link ${nobody.page.url()} is shown`);
await look(nobody, 'local-nobody', 'sv');
const second = await reader('sv', 1280);
if ((await second.page.goto(link)).status() !== 403) wrong.push('the local link serves twice');
await look(second, 'local-again', 'sv');

await browser.close();
wrong.forEach((line) => console.error(line));
console.log(`${seen} pages of the sign-in seen, ${wrong.length} things wrong`);
process.exit(wrong.length ? 1 : 0);

// Opens pages of the demo store as a reader would and says what is wrong with them. Called by pages.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { coordinate } from './pages-coordinate.mjs';

const base = process.argv[2];
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
// What each of these shows: three occasions, a prorated score, a missing baseline, a refused score, a baseline alone, EQ-5D-3L before 5L.
const episodes = ['01', '08', '09', '20', '13', '14'].map((n) => `units/demo-primary-care/episodes/demo-${n}`);
// Beside the overview: the other order, the answers, and the sheets, of a whole trend and of a baseline alone.
const more = ['?order=heaviest', '/answers', '/registry', '/talk', '/phone', '/clinical', '/text'];
const pages = ['', ...episodes, ...more.flatMap((end) => [episodes[0] + end, episodes[4] + end])];
// Where something is done.
pages.push('worklist', 'feedback', 'paper', 'cohorts', 'cohorts?cohort=demo+cohort+1', 'episodes/new');
pages.push(...['/dispatch', '/entry', '/entry?occasion=programme_end&instrument=hads', '/edit'].map((end) => episodes[4] + end));
const wrong = [];

const { listPages, patients } = await import('./pages-patients.mjs');
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let seen = 0;
for (const width of [1280, 820]) {
  for (const lang of ['sv', 'en']) {
    const context = await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true }); // axe itself is a script
    const page = await context.newPage();
    page.on('request', (r) => r.url().startsWith(base) || wrong.push(`${r.url()} is loaded from elsewhere`));
    page.on('console', (m) => m.type() === 'error' && wrong.push(`${page.url()}: ${m.text()}`));
    for (const path of [...pages, ...listPages(episodes)]) {
      const url = `${base}${path}${path.includes('?') ? '&' : '?'}lang=${lang}`;
      const reply = await page.goto(url);
      const say = (what) => wrong.push(`${path || 'first page'} (${lang}, ${width} px): ${what}`);
      if (reply.status() !== 200) say(`answers ${reply.status()}`);
      if ((await page.locator('html').getAttribute('lang')) !== lang) say('is in another language');
      if (await page.locator('script').count()) say('holds a script');
      if (/episodes\/demo-\d+(\?.*)?$/.test(path) && !(await page.locator('svg').count())) say('shows no chart');
      const size = Buffer.byteLength(await reply.body());
      if (size > 100_000) say(`weighs ${size} bytes`);
      if (!/demo/i.test(await page.locator('body').innerText())) say('does not say that it is a demo');
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (over > 0) say(`is ${over} px wider than the window`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run());
      for (const v of violations) say(`${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join(', ').slice(0, 200)})`);
      seen++;
    }
    await context.close();
  }
}

// On paper: the sheets keep their page, and what can be opened lies open.
const paper = await (await browser.newContext({ viewport: { width: 718, height: 1040 } })).newPage();
await paper.emulateMedia({ media: 'print' });
for (const [end, most] of [['/talk', 1], ['/clinical', 1], ['/phone', 2]]) {
  await paper.goto(`${base}${episodes[0]}${end}?lang=sv`);
  const sheets = (await paper.pdf({ preferCSSPageSize: true })).toString('latin1').match(/\/Type \/Page\b/g).length;
  if (sheets > most) wrong.push(`${end} takes ${sheets} sheets of paper`);
}
await paper.goto(`${base}${episodes[0]}?lang=sv`);
const closed = await paper.evaluate(() => [...document.querySelectorAll('details')].filter((d) => !d.querySelector('ul').checkVisibility({ contentVisibilityAuto: true })).length);
if (closed) wrong.push(`${closed} sources stay closed on paper`);

seen += await patients(browser, base, axe, wrong, episodes);

// By the keyboard alone: past the menu, to a patient, what stands behind a verdict, and on to a sheet.
const hand = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
await hand.goto(`${base}?lang=sv`);
const at = () => hand.evaluate(() => ({ tag: document.activeElement.tagName, text: document.activeElement.textContent.trim() }));
async function tabTo(what) {
  for (let i = 0; i < 200; i++) {
    await hand.keyboard.press('Tab');
    const { text } = await at();
    if (what.test(text)) return true;
  }
  wrong.push(`the keyboard does not reach ${what}`);
  return false;
}
await hand.keyboard.press('Tab');
if (!/^Hoppa/.test((await at()).text)) wrong.push('the first stop is not the way past the menu');
if (await tabTo(/^demo-01$/)) {
  await hand.keyboard.press('Enter');
  await hand.waitForURL(/demo-01$/);
  if (await tabTo(/^Vad gränserna bygger på$/)) {
    await hand.keyboard.press('Enter');
    if (!(await hand.locator('details.basis[open]').count())) wrong.push('the keyboard does not open what the limits rest on');
  }
  await hand.goto(hand.url()); // from the top again
  if (await tabTo(/^Text till journalen$/)) {
    await hand.keyboard.press('Enter');
    await hand.waitForURL(/text$/);
    if (await hand.locator('textarea').first().evaluate((box) => /[^\n\x20-\x7e\xa0-\xff]/.test(box.value))) wrong.push('a text for the record holds signs that records lose');
  }
}
await coordinate(browser, base, axe, wrong);
await browser.close();
wrong.forEach((w) => console.error(w));
console.log(`${seen} pages seen, ${wrong.length} things wrong`);
process.exit(wrong.length ? 1 : 0);

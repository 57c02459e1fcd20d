// Opens pages of the demo store as a reader would and says what is wrong with them. Called by pages.
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';

const base = process.argv[2];
const axe = readFileSync('node_modules/axe-core/axe.min.js', 'utf8');
// What each of these shows: three occasions, a prorated score, a missing baseline, a refused score, a baseline alone, EQ-5D-3L before 5L.
const episodes = ['01', '08', '09', '20', '13', '14'].map((n) => `units/demo-primary-care/episodes/demo-${n}`);
const pages = ['', ...episodes];
const wrong = [];

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
    for (const path of pages) {
      const url = `${base}${path}?lang=${lang}`;
      const reply = await page.goto(url);
      const say = (what) => wrong.push(`${path || 'first page'} (${lang}, ${width} px): ${what}`);
      if (reply.status() !== 200) say(`answers ${reply.status()}`);
      if ((await page.locator('html').getAttribute('lang')) !== lang) say('is in another language');
      if (await page.locator('script').count()) say('holds a script');
      if (path && !(await page.locator('svg').count())) say('shows no chart');
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
await browser.close();
wrong.forEach((w) => console.error(w));
console.log(`${seen} pages seen, ${wrong.length} things wrong`);
process.exit(wrong.length ? 1 : 0);

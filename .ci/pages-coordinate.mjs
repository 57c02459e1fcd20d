// The coordinator's way by the keyboard alone: a new episode, its baseline sent out, the code on the paper, and the
// paper typed in twice. Called by pages.mjs. Says what is wrong.
export async function coordinate(browser, base, axe, wrong, shot = () => {}) {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'en-US', bypassCSP: true })).newPage();
  const press = (key) => page.keyboard.press(key);
  const tabTo = async (selector) => {
    for (let i = 0; i < 250; i++) {
      await press('Tab');
      if (await page.evaluate((s) => document.activeElement.matches(s), selector)) return true;
    }
    wrong.push(`${page.url()}: the keyboard does not reach ${selector}`);
    return false;
  };
  const look = async (name) => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    for (const v of violations) wrong.push(`${name}: ${v.id}: ${v.help} (${v.nodes.map((n) => n.target).join(', ').slice(0, 200)})`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) wrong.push(`${name} is ${over} px wider than the window`);
    await shot(page, name);
  };
  const day = (n) => new Date(Date.now() + n * 864e5).toISOString().slice(0, 10);
  const submit = async () => { await Promise.all([page.waitForNavigation(), press('Enter')]); };

  await page.goto(`${base}episodes/new?unit=demo-primary-care&lang=sv`);
  await page.selectOption('#system', 'reservnummer');
  await tabTo('#patient'); await page.keyboard.type('R-2026-77');
  await tabTo('#episode'); await press('Control+A'); await page.keyboard.type('pappersvagen');
  await tabTo('#f-first_visit_planned_on'); await page.keyboard.type(day(14).replaceAll('-', ''));
  await submit();
  if (!/skapad/.test(await page.innerText('main'))) wrong.push('no episode is made');
  await look('a new episode');

  await page.goto(`${base}worklist?unit=demo-primary-care&lang=sv`);
  if (!(await page.locator('th[scope=row]', { hasText: 'pappersvagen' }).count())) wrong.push('the new episode is not on the worklist');
  await tabTo('input[type=checkbox]'); await press('Space');
  await look('the worklist');
  await tabTo('button.first'); await submit();
  const code = (await page.innerText('td.code')).trim();
  await look('what was sent');

  await page.goto(`${base}paper?lang=sv`);
  await page.keyboard.type('222222223'); await submit(); // a code with a mistake
  if (!/stämmer inte/.test(await page.innerText('main'))) wrong.push('a mistyped code goes unnoticed');
  await look('a mistyped code');
  await press('Control+A'); await page.keyboard.type(code.toLowerCase().replaceAll(' ', '')); await submit();
  if (!/pappersvagen\/entry\?occasion=baseline/.test(page.url())) wrong.push(`the code leads to ${page.url()}`);
  await tabTo('a[href*="instrument=hads"]'); await submit();

  await page.keyboard.type(day(0).replaceAll('-', ''));
  for (let i = 1; i <= 14; i++) { await tabTo(`#item-${i}`); if (i !== 5) await page.keyboard.type(String(i % 4)); }
  await press('Enter'); // the fifth is not typed: the browser stops here
  if (!(await page.evaluate(() => document.activeElement.id === 'item-5'))) wrong.push('a field that was not typed does not stop the form');
  await page.keyboard.type('.');
  await tabTo('button[value=again]'); await submit();
  await look('the second typing');
  for (let i = 1; i <= 14; i++) { if (i > 1) await press('Tab'); await page.keyboard.type(i === 5 ? '.' : i === 9 ? '2' : String(i % 4)); }
  await submit();
  if (!/1 svar skiljer sig/.test(await page.innerText('main'))) wrong.push('a difference goes unnoticed');
  await look('a difference');
  await tabTo('#item-9'); await page.keyboard.type('1'); await submit();
  if (!/sparat/.test(await page.innerText('main'))) wrong.push('the form is not saved');
  await look('a form that is saved');

  // Two windows on one episode.
  const edit = `${base}units/demo-primary-care/episodes/pappersvagen/edit?lang=sv`;
  await page.goto(edit);
  const other = await (await browser.newContext()).newPage();
  await other.goto(edit); await other.fill('#f-cohort', 'Grupp 1'); await other.click('button.first');
  await page.fill('#f-cohort', 'Grupp 2'); await page.click('button.first');
  if (!/ändrat av båda/.test(await page.innerText('main'))) wrong.push('who is overtaken is not told');
  await look('an episode that somebody else has changed');
}

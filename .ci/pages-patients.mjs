// The pages about several patients: list, search, conference, and the way in from another system. Called by pages.mjs.

// listPages are the addresses that pages.mjs looks at: the list of a few and of nobody, those ticked at a conference, a cohort, nobody and a filter.
export function listPages(episodes) {
  return ['?worse=1&answered=programme_end&order=date', '?cohort=nobody', conferenceOf(episodes), 'conference?cohort=demo+cohort+1', 'conference', 'conference?track=programme'];
}

const conferenceOf = (episodes) => `conference?${episodes.map((path) => `e=${path.slice(6).replace('/episodes/', '%2F')}`).join('&')}`;

export async function patients(browser, base, axe, wrong, episodes) {
  const conference = conferenceOf(episodes);
  let seen = 0;
  // On paper: across, on one sheet, and nothing wider than its cell.
  const paper = await (await browser.newContext({ viewport: { width: 1062, height: 733 } })).newPage();
  await paper.emulateMedia({ media: 'print' });
  for (const path of [conference, 'conference?cohort=demo+cohort+1']) {
    await paper.goto(`${base}${path}${path.includes('?') ? '&' : '?'}lang=sv`);
    const wide = (await paper.pdf({ preferCSSPageSize: true })).toString('latin1');
    const sheets = wide.match(/\/Type \/Page\b/g).length;
    if (sheets > 1) wrong.push(`${path} takes ${sheets} sheets of paper`);
    if (!/MediaBox \[0 0 84[12]/.test(wide)) wrong.push(`${path} does not lie across`);
    const cut = await paper.evaluate(() => [...document.querySelectorAll('.side th, .side td')].filter((c) => c.scrollWidth > c.clientWidth + 1).length);
    if (cut) wrong.push(`${path}: ${cut} cells hold more than fits on paper`);
  }

  // Finding a patient: what is typed leaves for nowhere but the form.
  for (const lang of ['sv', 'en']) {
    const find = await (await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true })).newPage();
    for (const [field, typed, says] of [['number', '19121212-1212', /svarar mot sökningen|you may see fits/], ['number', 'abc', /10 eller 12|10 or 12/], ['number', '', /Skriv numret|Enter the number/], ['name', 'Kajsa Kula', /svarar mot sökningen|you may see fits/]]) {
      await find.goto(`${base}?lang=${lang}`);
      await find.locator(`#${field}`).fill(typed);
      await find.keyboard.press('Enter');
      await find.waitForSelector('.problem');
      if (find.url().includes(typed || '?') || (typed && (await find.content()).includes(typed))) wrong.push(`what was typed stands in the address or on the page (${lang})`);
      if (!says.test(await find.locator('.problem').innerText())) wrong.push(`looking for ${field} says nothing of use (${lang})`);
      await find.evaluate(axe);
      const { violations } = await find.evaluate(() => globalThis.axe.run());
      for (const v of violations) wrong.push(`after a search (${lang}): ${v.id}: ${v.help}`);
      seen++;
    }
    await find.goto(`${base}?lang=${lang}`);
    await find.locator('summary').click();
    await find.locator('#other').fill('synthetic-01');
    await find.locator('#system').fill('https://painscore.example/demo-patient');
    await find.keyboard.press('Enter');
    await find.waitForURL(/episodes\/demo-01$/);
    const over = await find.goto(`${base}launch/used?lang=${lang}`);
    if (over.status() !== 404 || !/fem minuter|five minutes/.test(await find.locator('main').innerText())) wrong.push(`a used link is not explained (${lang})`);
    await find.evaluate(axe);
    for (const v of (await find.evaluate(() => globalThis.axe.run())).violations) wrong.push(`a used link (${lang}): ${v.id}: ${v.help}`);
  }

  // And from the list to a conference: tick two, press the button.
  const hand = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  await hand.goto(`${base}?lang=sv&order=episode&cohort=demo+cohort+1`);
  for (const id of ['demo-01', 'demo-02']) {
    for (let i = 0; i < 100 && (await hand.evaluate(() => document.activeElement.getAttribute('aria-label'))) !== `Välj ${id}`; i++) await hand.keyboard.press('Tab');
    await hand.keyboard.press('Space');
  }
  for (let i = 0; i < 100 && !(await hand.evaluate(() => /^Visa valda/.test(document.activeElement.textContent))); i++) await hand.keyboard.press('Tab');
  await hand.keyboard.press('Enter');
  await hand.waitForURL(/conference/);
  const rows = await hand.locator('table.side tbody tr').count();
  if (rows !== 2) wrong.push(`two were ticked by the keyboard, ${rows} are shown`);
  return seen;
}

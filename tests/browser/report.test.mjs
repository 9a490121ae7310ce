// report.html in a browser: opened from the disk, as administrators do.
//
// PROGRAM is the program to test, CHROMIUM the browser; pictures go to the folder SHOTS if it is set.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { chromium } from 'playwright-core';

import { multiply, rename, sample } from './users.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const program = process.env.PROGRAM ?? join(root, 'target/debug/dirsync-audit');
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const contoso = join(root, 'samples/contoso.csv');
const home = mkdtempSync(join(tmpdir(), 'dirsync-audit-browser-'));
let browser;

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

after(async () => {
  await browser?.close();
  rmSync(home, { recursive: true, force: true });
});

/** Audits a source; gives the path of the page. */
function audit(source, name, more = []) {
  const out = join(home, name);
  try {
    const options = ['audit', source, '--scenario', 'lync-hybrid', '--out', out, '--exit-zero', '-q', ...more];
    const env = { ...process.env, DIRSYNC_AUDIT_REDACT_KEY: 'a key for the tests, of some length' };
    execFileSync(program, options, { cwd: home, env, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (failed) {
    // An incomplete input is no failure here.
    if (failed.status !== 3) throw failed;
  }
  return join(out, 'report.html');
}

/** Opens a page; whatever it complains about or asks for is noted. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints = [];
  const own = pathToFileURL(path).href;
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('request', (request) => {
    const url = request.url();
    if (url.split('#')[0] !== own && url !== 'data:,') complaints.push(`request: ${url.slice(0, 200)}`);
  });
  await page.goto(own);
  return { page, complaints, close: () => context.close() };
}

/** How many rows of users are on the page and not filtered away. */
const shown = (page) => page.locator('details.rule:not([hidden]) tbody tr:not([hidden])').count();

/** Waits until the filter says this. */
const told = (page, text) => page.locator('#told', { hasText: text }).waitFor({ state: 'attached' });

async function violations(page) {
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => window.axe.run());
  return found.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html)}`);
}

async function picture(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
}

for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    test(`the sample: ${colorScheme}, ${width} wide`, async () => {
      const path = audit(contoso, 'sample');
      const { page, complaints, close } = await open(path, { colorScheme, viewport: { width, height: 900 } });
      await picture(page, `top-${width}-${colorScheme}`);
      assert.deepEqual(await violations(page), []);
      await page.getByRole('button', { name: 'Open all' }).click();
      assert.deepEqual(await violations(page), []);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `the page is ${wide} wide`);
      await page.locator('#rules').scrollIntoViewIfNeeded();
      await picture(page, `rules-${width}-${colorScheme}`);
      assert.deepEqual(complaints, []);
      await close();
    });
  }
}

test('the filters', async () => {
  const { page, complaints, close } = await open(audit(contoso, 'sample'));
  const all = await shown(page);
  await told(page, `${all} rows on this page.`);

  await page.locator('select[name=rule]').selectOption('SIP001');
  await told(page, 'under 1 of');
  assert.equal(await shown(page), 3);
  assert.ok(await page.getByText('Carla Conrad').first().isVisible());

  await page.getByRole('searchbox').fill('CONRÁD carla');
  await told(page, /^1 of the/);
  assert.equal(await shown(page), 1);

  await page.getByRole('button', { name: 'Reset' }).click();
  await told(page, `${all} rows on this page.`);
  assert.equal(await page.locator('details[open]').count(), 0);

  await page.locator('select[name=status]').selectOption('warning');
  await told(page, 'fit');
  const warned = await shown(page);
  assert.ok(warned > 0 && warned < all);
  await page.locator('select[name=status]').selectOption('');
  await told(page, `${all} rows on this page.`);

  const units = await page.locator('select[name=unit]').locator('option').allTextContents();
  const sales = units.find((unit) => unit.startsWith('OU=Sales,'));
  const staff = units.find((unit) => unit.startsWith('OU=Staff,'));
  await page.locator('select[name=unit]').selectOption(sales);
  await told(page, 'fit');
  const below = await shown(page);
  await page.locator('select[name=unit]').selectOption(staff);
  await page.waitForTimeout(400);
  assert.ok((await shown(page)) > below && below > 0, 'a unit holds the units below it');
  await page.locator('select[name=unit]').selectOption('');
  await told(page, `${all} rows on this page.`);

  await page.locator('select[name=domain]').selectOption('contoso.com');
  await told(page, 'fit');
  const inside = await shown(page);
  assert.ok(inside > 0 && inside < all);

  await page.getByRole('searchbox').fill('nobody is called so');
  await told(page, /^0 of the/);
  assert.equal(await shown(page), 0);
  assert.deepEqual(complaints, []);
  await close();
});

test('a redacted page has no filter with nothing to choose from', async () => {
  const { page, complaints, close } = await open(audit(contoso, 'hashed', ['--redact', 'hash']));
  const visible = (name) => page.locator(`select[name=${name}]`).isVisible();
  assert.deepEqual(await Promise.all(['status', 'rule', 'unit', 'domain'].map(visible)), [true, true, false, false]);
  assert.equal(await page.getByText('Carla Conrad').count(), 0);
  const hash = await page.locator('table.users b').first().textContent();
  await page.getByRole('searchbox').fill(hash);
  await told(page, 'fit');
  assert.ok((await shown(page)) > 0);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await close();
});

test('a link to a rule opens it, also where it was filtered away', async () => {
  const { page, complaints, close } = await open(audit(contoso, 'sample'));
  await page.getByRole('searchbox').fill('nobody is called so');
  await told(page, /^0 of the/);
  await page.locator('.first a').first().click();
  const code = await page.locator('.first a').first().textContent();
  await page.locator(`#${code}`).waitFor();
  assert.ok(await page.locator(`#${code} table`).isVisible());
  assert.deepEqual(complaints, []);
  await close();
});

test('the six steps with their state come first', async () => {
  const { page, close } = await open(audit(contoso, 'sample'), { javaScriptEnabled: false });
  const steps = page.locator('main > section').first().locator('ol.steps > li');
  assert.equal(await steps.count(), 6);
  const states = await steps.locator('h3 .chip').allTextContents();
  assert.deepEqual(states, ['by hand', '✗ fails', '✗ fails', 'by hand', 'by hand', 'by hand']);
  await steps.first().locator('summary').click();
  assert.ok(await steps.first().getByText('_sipfederationtls._tcp').isVisible());
  await close();
});

test('without scripts', async () => {
  const { page, close } = await open(audit(contoso, 'sample'), { javaScriptEnabled: false });
  assert.equal(await page.locator('#filter').isVisible(), false);
  await page.locator('details.rule summary').first().click();
  assert.ok(await page.getByText('What to do').first().isVisible());
  assert.ok(await page.locator('table.users').first().isVisible());
  await close();
});

test('with the keyboard alone', async () => {
  const { page, close } = await open(audit(contoso, 'sample'));
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the report');
  await page.locator('details.rule summary').first().focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('table.users').first().isVisible());
  await close();
});

test('in print', async () => {
  const { page, close } = await open(audit(contoso, 'sample'), { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  assert.equal(await page.locator('#filter').isVisible(), false);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(255, 255, 255)');
  const remedies = page.locator('details.rule dt', { hasText: 'What to do' });
  assert.ok(await remedies.last().isVisible(), 'what a closed rule says is printed');
  assert.ok(await page.locator('ol.steps details p').first().isVisible(), 'and how steps are checked');
  assert.equal(await page.locator('table.users').first().isVisible(), false, 'its users are not');
  if (process.env.SHOTS) await page.pdf({ path: join(process.env.SHOTS, 'print.pdf'), format: 'A4' });
  await close();
});

test('an incomplete read cannot be missed', async () => {
  const path = audit(join(root, 'samples/traps/braces.csv'), 'incomplete');
  for (const width of [390, 1280]) {
    const { page, complaints, close } = await open(path, { viewport: { width, height: 900 } });
    const alarm = page.locator('.alarm');
    assert.equal(await page.locator('main > :first-child').getAttribute('class'), 'alarm');
    const { y, height } = await alarm.boundingBox();
    assert.ok(y + height < 900, `the notice ends at ${y + height}`);
    assert.deepEqual(await violations(page), []);
    await page.locator('.partly a').click();
    assert.equal(new URL(page.url()).hash, '#alarm');
    await page.emulateMedia({ media: 'print' });
    assert.ok(await alarm.isVisible() && (await page.locator('.partly').isVisible()), 'also in print');
    assert.deepEqual(complaints, []);
    await picture(page, `incomplete-${width}`);
    await close();
  }
  const { page, close } = await open(audit(contoso, 'sample'));
  assert.equal(await page.locator('.alarm, .partly').count(), 0);
  await close();
});

test('hostile text is shown, not run', async () => {
  const texts = [
    '<script>alert(1)</script>',
    '</style></script><img src=x onerror=alert(1)>',
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    'abc\u202edef\u2066\u0007\u001b[31m',
    '<a href="javascript:alert(1)">x</a>',
    'x'.repeat(1 << 20),
  ];
  const source = join(home, 'hostile.csv');
  await rename(sample(contoso), source, texts);
  const path = audit(source, 'hostile');
  assert.ok(statSync(path).size < 1_000_000);
  const { page, complaints, close } = await open(path);
  await page.getByRole('button', { name: 'Open all' }).click();
  assert.ok(await page.getByText(texts[0]).first().isVisible());
  assert.ok(await page.getByText('abc\\u{202e}def\\u{2066}\\u{7}\\u{1b}[31m').first().isVisible());
  assert.ok(await page.getByText('[1,048,576 characters]').first().isVisible());
  const strange = page.locator('main img, main a[href^=javascript], main [onmouseover], main [onfocus], main script');
  assert.equal(await strange.count(), 0);
  for (const name of await page.locator('table.users b').all()) await name.hover({ force: true, timeout: 5000 });
  assert.deepEqual(complaints, []);
  await picture(page, 'hostile');
  await close();
});

test('200,000 users', async () => {
  const source = join(home, 'many.csv');
  await multiply(sample(contoso), source, 200_000);
  const path = audit(source, 'many');
  assert.ok(statSync(path).size < 5_000_000, `${statSync(path).size} octets`);
  const { page, complaints, close } = await open(path);
  const took = await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd);
  assert.ok(took < 10_000, `opened in ${took} ms`);
  await picture(page, 'many');
  const all = await shown(page);
  assert.ok(all > 5000, `${all} rows`);
  await page.locator('select[name=domain]').selectOption('s7.contoso.com');
  await told(page, 'fit');
  const few = await shown(page);
  assert.ok(few > 0 && few < all / 10, `${few} of ${all} rows`);
  await picture(page, 'many-filtered');
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(complaints, []);
  await close();
});

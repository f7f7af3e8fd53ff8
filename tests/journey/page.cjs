// Uses the API page as a person would: authorizes, gives a verdict, reads the answer.
// Arguments: the URL of a sandbox's API, and optionally --picture FILE.
'use strict';
const assert = require('node:assert');
const { chromium } = require('playwright-core');

const [api, option, picture] = process.argv.slice(2);
const JSON_TYPE = { 'Content-Type': 'application/json' };

async function post(token, path, body) {
  const headers = { ...JSON_TYPE, Acstkn: token };
  const answer = await fetch(api + path, { method: 'POST', headers, body: JSON.stringify(body) });
  assert(answer.ok, `${path}: ${answer.status}`);
  return (await answer.json()).data;
}

// Brings the member of the document's example to the point where a verdict is possible.
async function verified() {
  const { caseId } = await post('dev-frontdesk', '/api/v1/upgrades', { memberId: 'MEM0001' });
  const check = { source: 'EDDA', isPass: true, reference: `check-${caseId}` };
  await post('dev-verifier', `/api/v1/upgrades/${caseId}/verification`, check);
}

async function authorize(page) {
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  const dialog = page.locator('.dialog-ux');
  await dialog.locator('#api_key_value').first().fill('dev-agent');
  await dialog.getByRole('button', { name: 'Apply credentials' }).first().click();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
}

async function giveVerdict(page) {
  const operation = page.locator('#operations-upgrades-decideNewestUpgrade');
  await operation.locator('.opblock-summary').click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  const live = operation.locator('.live-responses-table');
  await live.waitFor();
  assert.strictEqual((await live.locator('.response-col_status').last().innerText()).trim(), '200');
  const answer = await live.locator('.highlight-code').first().innerText();
  assert.deepStrictEqual(JSON.parse(answer.slice(answer.indexOf('{'))), { success: true, data: {} });
  return operation;
}

async function main() {
  await verified();
  // Chromium's own sandbox needs a user that is not root.
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

async function use(browser) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
  const [elsewhere, errors] = [[], []];
  page.on('request', (it) => {
    const { origin, protocol } = new URL(it.url());
    if (origin !== api && protocol !== 'data:') elsewhere.push(it.url());
  });
  page.on('pageerror', (it) => errors.push(it.message));
  page.on('console', (it) => it.type() === 'error' && errors.push(it.text()));
  await page.goto(`${api}/docs/`, { waitUntil: 'networkidle' });
  // The page draws them after it has loaded.
  await page.locator('.opblock').first().waitFor({ timeout: 30_000 });
  const operations = await page.locator('.opblock').count();
  const { paths } = await (await fetch(`${api}/openapi.json`)).json();
  const documented = Object.values(paths).flatMap((it) => Object.keys(it)).length;
  assert.strictEqual(operations, documented, 'every operation is shown');
  await authorize(page);
  const operation = await giveVerdict(page);
  if (option === '--picture') {
    const { x, y, width } = await operation.boundingBox();
    const clip = { x, y: y + (await page.evaluate(() => window.scrollY)), width, height: 1340 };
    await page.screenshot({ path: picture, clip, fullPage: true });
  }
  assert.deepStrictEqual(elsewhere, [], 'nothing is loaded from elsewhere');
  assert.deepStrictEqual(errors, [], 'the page has no error');
  console.log(`${operations} operations shown; a verdict given with the page: 200; no other host asked`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

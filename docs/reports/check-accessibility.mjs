// Checks pages that `outwatch report --format html` wrote: valid HTML; not one violation by
// axe-core in light and dark, on a phone and on a laptop; nothing scrolls sideways; nothing is
// asked of the network; nothing is hidden on paper.
//
//   npm install --prefix docs/reports
//   node docs/reports/check-accessibility.mjs report.html …
//
// CHROME names the browser, if it is not /usr/bin/chromium.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import puppeteer from "puppeteer-core";

const SCHEMES = ["light", "dark"];
const WIDTHS = [360, 640, 900, 1280];
const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: node check-accessibility.mjs report.html …");
  process.exit(2);
}

let faults = 0;
function fault(where, what) {
  faults += 1;
  console.error(`${where}: ${what}`);
}

async function validate(file) {
  const validator = new HtmlValidate({ extends: ["html-validate:standard"] });
  const { results } = await validator.validateString(readFileSync(file, "utf8"), file);
  for (const { messages } of results) {
    for (const { line, column, message, ruleId } of messages) {
      fault(`${file}:${line}:${column}`, `${message} (${ruleId})`);
    }
  }
}

async function open(browser, file, scheme, width) {
  const page = await browser.newPage();
  const url = pathToFileURL(resolve(file)).href;
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) fault(file, `asks for ${request.url()}`);
  });
  page.on("console", (message) => fault(file, `the browser says: ${message.text()}`));
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setViewport({ width, height: 800, isMobile: width < 500 });
  await page.goto(url);
  return page;
}

async function check(browser, file, scheme, width) {
  const where = `${file}, ${scheme}, ${width} px`;
  const page = await open(browser, file, scheme, width);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) fault(where, `${wide} px wider than the window`);
  await page.evaluate(axe);
  const { violations, incomplete, passes } = await page.evaluate(() =>
    // eslint-disable-next-line no-undef
    axe.run(document, { rules: { "target-size": { enabled: true } } }),
  );
  for (const { id, impact, help, nodes } of violations) {
    const [{ html, failureSummary }] = nodes;
    fault(where, `${id} (${impact}): ${help}, ${nodes.length} times\n  ${html}\n  ${failureSummary}`);
  }
  const unsure = incomplete.map(({ id, nodes }) => `${id} ${nodes.length}`).join(", ");
  console.log(`${where}: ${passes.length} rules passed${unsure && `; undecided: ${unsure}`}`);
  await page.close();
}

async function checkPaper(browser, file) {
  const page = await open(browser, file, "dark", 1280);
  await page.emulateMediaType("print");
  const { folded, background } = await page.evaluate(() => ({
    folded: [...document.querySelectorAll("details:not([open])")].length,
    background: getComputedStyle(document.body).backgroundColor,
  }));
  if (folded > 0) fault(file, `${folded} tables are folded away`);
  if (background !== "rgb(255, 255, 255)") fault(file, `paper is ${background}`);
  await page.close();
}

const browser = await puppeteer.launch({
  executablePath: process.env.CHROME ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  for (const file of files) {
    await validate(file);
    for (const scheme of SCHEMES) {
      for (const width of WIDTHS) await check(browser, file, scheme, width);
    }
    await checkPaper(browser, file);
  }
} finally {
  await browser.close();
}
console.log(faults === 0 ? "No faults." : `${faults} faults.`);
process.exitCode = faults === 0 ? 0 : 1;

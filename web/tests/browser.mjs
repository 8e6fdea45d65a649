// A headless Chromium for the tests of the page, and what they all need: the server's address and a place for screenshots.
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';

/** The address of the server under test. */
export const server = process.env.ENCORTEX_PAGE;
/** Where pictures of what was seen are kept. */
export const pictures = process.env.ENCORTEX_PICTURES;

// Software OpenGL, and nothing that looks beyond this machine.
const FLAGS = [
  '--headless=new', '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist', '--mute-audio',
];

export const DESK = { width: 1440, height: 900 };
export const TABLET = { width: 820, height: 1180 };

/** `flags` are further ones of Chromium's. */
export async function open(options = {}, flags = []) {
  if (pictures) await mkdir(pictures, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.ENCORTEX_CHROMIUM ?? '/usr/bin/chromium', args: [...FLAGS, ...flags] });
  const context = await browser.newContext({ viewport: DESK, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  // A machine that does other things besides is slow with software OpenGL, and right all the same.
  page.setDefaultTimeout(90_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  return { browser, page, faults };
}

/** Faults that are more than an answer which a test has asked for. */
export function unexpected(faults) {
  return faults.filter((fault) => !fault.startsWith('Failed to load resource'));
}

export async function keep(page, name) {
  for (const [size, viewport] of Object.entries({ desk: DESK, tablet: TABLET })) {
    await page.setViewportSize(viewport);
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${pictures}/${name}-${size}.png` });
  }
  await page.setViewportSize(DESK);
}

/** Faults of accessibility that are serious, by axe-core. */
export async function inaccessible(page) {
  const { default: axe } = await import('axe-core');
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html}\n    ${failureSummary}`).join('\n  ')}`);
}

/**
 * Bundles routes and measures them, without running anything: `prepare.js ROUTE...` prints one JSON line.
 *
 * Role: what can be known of a push beforehand; everything is cached, so a host that starts later finds it done.
 * Must not know: limits, processes.
 */

import { routeFacts } from './facts.js';
import { bundleRoute } from './push.js';
import { externalSizes } from './sizes.js';

/**
 * @typedef {object} Prepared
 * @property {import('./push.js').Bundle} bundle
 * @property {import('./sizes.js').Sizes} external
 */

/** @param {string} route @returns {Promise<Prepared>} */
export async function prepare(route) {
  const bundle = await bundleRoute(route);
  return { bundle, external: externalSizes(bundle.externalPackages) };
}

if (import.meta.main) {
  try {
    /** @type {Record<string, Prepared>} */
    const routes = {};
    for (const route of process.argv.slice(2)) routes[route] = await prepare(route);
    process.stdout.write(`${JSON.stringify({ event: 'prepared', facts: routeFacts(routes) })}\n`);
  } catch (error) {
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    process.exitCode = 1;
  }
}

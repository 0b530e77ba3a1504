/**
 * What a push leaves on the machine that runs Node actions: the modules, and the external packages beside them.
 *
 * Role: bundles a route with the real CLI and lays the result out: `modules/`, a package.json that makes them ES
 * modules, `node_modules` with a link to each package that the CLI left out of them as external.
 * Must not know: who runs the modules.
 */

import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundled, readBundle } from '../../bundle.js';

const ROUTES = fileURLToPath(new URL('..', import.meta.url));
export const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/**
 * @typedef {object} Bundle
 * @property {string} directory as the CLI's bundle was left by bundle.js
 * @property {{path: string, environment: string, bytes: number}[]} modules
 * @property {number} bundleBytes
 * @property {number} bundleZipBytes
 * @property {string[]} externalPackages
 *
 * @typedef {object} Push
 * @property {string} directory
 * @property {string} modulesDir
 * @property {string[]} modules paths in modulesDir of what was a "use node" file
 */

/** @param {string} route a folder beside this one that holds convex/, or the path of another @returns {Promise<Bundle>} */
export async function bundleRoute(route) {
  const project = resolve(ROUTES, route);
  const directory = await bundled({ project, name: `node-${basename(project)}` });
  const { modules, bundleBytes, bundleZipBytes, config } = await readBundle(directory);
  const externalPackages = config.nodeDependencies.map((/** @type {{name: string}} */ { name }) => name);
  return { directory, modules, bundleBytes, bundleZipBytes, externalPackages };
}

/** @param {Bundle} bundle @param {string} directory made anew @returns {Push} */
export function layOut(bundle, directory) {
  rmSync(directory, { recursive: true, force: true });
  const modulesDir = join(directory, 'modules');
  mkdirSync(modulesDir, { recursive: true });
  cpSync(join(bundle.directory, 'node'), modulesDir, { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}\n');
  for (const name of bundle.externalPackages) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(NODE_MODULES, name), link);
  }
  const modules = bundle.modules
    .filter(({ path, environment }) => environment === 'node' && !path.startsWith('_deps/'))
    .map(({ path }) => path);
  return { directory, modulesDir, modules };
}

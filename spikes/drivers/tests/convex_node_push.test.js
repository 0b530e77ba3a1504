/** What a push of a "use node" route consists of: the real CLI's bundle, external packages, sizes. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readlinkSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { routeFacts, sizeFacts } from '../convex/node/standin/facts.js';
import { NODE_MODULES, bundleRoute, layOut } from '../convex/node/standin/push.js';
import { externalSizes, measured } from '../convex/node/standin/sizes.js';

const SDK = '@breeztech/breez-sdk-spark';

/** @param {any} t @param {string} route */
async function pushed(t, route) {
  const directory = mkdtempSync(join(tmpdir(), 'sparkgate-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const bundle = await bundleRoute(route);
  return { bundle, push: layOut(bundle, join(directory, 'push')) };
}

test('route embedded: one module that holds the wasm, and no package', async (t) => {
  const { bundle, push } = await pushed(t, 'embedded');
  assert.deepEqual(bundle.externalPackages, []);
  assert.deepEqual(push.modules, ['wallet.js']);
  assert.ok(!existsSync(join(push.directory, 'node_modules')));
  assert.ok(statSync(join(push.modulesDir, 'wallet.js')).size > 15_000_000);
});

test('route external: the SDK stays a package, linked beside the modules', async (t) => {
  const { bundle, push } = await pushed(t, 'external');
  assert.deepEqual(bundle.externalPackages, [SDK]);
  assert.equal(readlinkSync(join(push.directory, 'node_modules', SDK)), join(NODE_MODULES, SDK));
  const wallet = readFileSync(join(push.modulesDir, 'wallet.js'), 'utf8');
  assert.match(wallet, /import\("@breeztech\/breez-sdk-spark\/nodejs"\)/);
  assert.ok(wallet.length < 1_000_000);
  assert.equal(readFileSync(join(push.directory, 'package.json'), 'utf8'), '{"type":"module"}\n');
});

test('a bundle that is laid out again leaves nothing of the one before', async (t) => {
  const { bundle, push } = await pushed(t, 'external');
  layOut({ ...bundle, externalPackages: [] }, push.directory);
  assert.deepEqual(readdirSync(push.directory).sort(), ['modules', 'package.json']);
});

test('external packages are counted with their dependencies, deflated', () => {
  assert.deepEqual(externalSizes([]), { zipBytes: 0, unzippedBytes: 0, packages: 0 });
  const alone = measured(['wrappy']);
  const files = readdirSync(join(NODE_MODULES, 'wrappy')).map(
    (name) => statSync(join(NODE_MODULES, 'wrappy', name)).size,
  );
  assert.equal(alone.packages, 1);
  assert.equal(
    alone.unzippedBytes,
    files.reduce((sum, size) => sum + size, 0),
  );
  assert.ok(alone.zipBytes > 0.3 * alone.unzippedBytes && alone.zipBytes < alone.unzippedBytes);
  const withDependencies = measured(['once']); // once depends on wrappy
  assert.equal(withDependencies.packages, 2);
  assert.ok(withDependencies.unzippedBytes > alone.unzippedBytes);
  assert.deepEqual(externalSizes(['once']), withDependencies);
  assert.deepEqual(externalSizes(['once']), withDependencies, 'from the cache');
});

test('facts add the packages to the bundle, name every route, and stand for the default one', () => {
  const bundle = {
    directory: '',
    modules: [
      { path: 'wallet.js', environment: 'node', bytes: 100 },
      { path: 'http.js', environment: 'isolate', bytes: 10 },
    ],
    bundleBytes: 150,
    bundleZipBytes: 50,
    externalPackages: [],
  };
  const embedded = { bundle, external: { zipBytes: 0, unzippedBytes: 0, packages: 0 } };
  const external = { bundle, external: { zipBytes: 1000, unzippedBytes: 4000, packages: 2 } };
  const values = (/** @type {any[]} */ facts) => Object.fromEntries(facts.map(({ name, value }) => [name, value]));
  assert.deepEqual(values(sizeFacts(external)), {
    bundle_bytes: 150,
    bundle_zip_bytes: 1050,
    bundle_unzipped_bytes: 4150,
  });
  const named = values(routeFacts({ embedded, external }));
  assert.equal(named['bundle_zip_bytes'], 50);
  assert.deepEqual([named['bundle_zip_bytes.embedded'], named['bundle_zip_bytes.external']], [50, 1050]);
});

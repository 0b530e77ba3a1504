/**
 * How large the external packages of a push are, zipped and unzipped.
 *
 * Role: sums up the package with its production dependencies as they are installed here. Convex runs `npm install`,
 * install scripts included, so its tree also holds better-sqlite3's native addon, which ours does not.
 * Must not know: limits.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import { NODE_MODULES } from './push.js';

const LOCK = fileURLToPath(new URL('../../../package-lock.json', import.meta.url));
const CACHE = fileURLToPath(new URL('../../../../../.build/convex/external-packages', import.meta.url));
/** A zip file's own bytes: local header and central directory entry of each file, and the end record. */
const ENTRY_BYTES = 30 + 46;
const END_BYTES = 22;

/** @typedef {{zipBytes: number, unzippedBytes: number, packages: number}} Sizes */

/**
 * Deflating takes seconds: done once for a lock file.
 * @param {string[]} names of the external packages @returns {Sizes}
 */
export function externalSizes(names) {
  if (names.length === 0) return { zipBytes: 0, unzippedBytes: 0, packages: 0 };
  const digest = createHash('sha256').update(readFileSync(LOCK)).update(JSON.stringify(names)).digest('hex');
  const file = join(CACHE, `${digest.slice(0, 32)}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const sizes = measured(names);
  mkdirSync(CACHE, { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(sizes));
  renameSync(draft, file);
  return sizes;
}

/** The same, without the cache. @param {string[]} names @returns {Sizes} */
export function measured(names) {
  const packages = withDependencies(names);
  let zipBytes = END_BYTES;
  let unzippedBytes = 0;
  for (const name of packages) {
    for (const file of files(join(NODE_MODULES, name))) {
      const bytes = readFileSync(file);
      const entry = Buffer.byteLength(file.slice(dirname(NODE_MODULES).length + 1));
      unzippedBytes += bytes.length;
      zipBytes += ENTRY_BYTES + 2 * entry + Math.min(bytes.length, deflateRawSync(bytes).length);
    }
  }
  return { zipBytes, unzippedBytes, packages: packages.size };
}

/** All that npm would install with them. @param {string[]} names @returns {Set<string>} */
function withDependencies(names) {
  const found = new Set(names);
  for (const name of found) {
    const manifest = JSON.parse(readFileSync(join(NODE_MODULES, name, 'package.json'), 'utf8'));
    for (const next of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
      if (existsSync(join(NODE_MODULES, next))) found.add(next);
    }
  }
  return found;
}

/** @param {string} directory @returns {string[]} */
function files(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * Bundles a Convex project with the real CLI of npm `convex`, offline, and keeps the result.
 *
 * Role: from a project's folder among the drivers (`convex/` with the functions, perhaps `convex.json`) to the modules
 * that a push would send. `convex deploy --debug-bundle-path` writes them and stops before the push.
 * A bundle lies in .build/convex/<name>/<digest of its inputs>/; whoever makes the same one at the same time makes it
 * in a folder of his own, and the first to rename it wins. What nobody has used for a day is removed.
 * Must not know: what the functions do.
 *
 *   node bundle.js PROJECT NAME     prints {"event":"bundled","directory":"..."}, or one line on stderr and exit 1
 */

import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';

import { CliError, DRIVERS, NODE_MODULES, NO_SOURCE, SOURCES, exists, layOut, runCli } from './cli.js';

const BUILD = path.join(DRIVERS, '..', '..', '.build', 'convex');
const KEPT_MS = 24 * 3600 * 1000;
/** Documented size of a deployment's code. */
export const CODE_LIMIT_BYTES = 32 * 2 ** 20;

/**
 * @typedef {object} Bundle what bundle.json holds
 * @property {string} digest of the inputs
 * @property {{path: string, environment: string, bytes: number}[]} modules without source maps
 * @property {number} bundleBytes modules with source maps, as pushed
 * @property {number} bundleZipBytes the same as a ZIP archive
 * @property {any[]} tables as the project's schema exports them; the CLI's dump leaves the schema out
 * @property {any} config the rest of what the CLI would push
 */

/**
 * The folder of the bundle, made if it is not there.
 * @param {{project: string, name: string, limitBytes?: number}} options @returns {Promise<string>}
 * @throws {CliError} one line that says what to do
 */
export async function bundled({ project, name, limitBytes = CODE_LIMIT_BYTES }) {
  if (!(await exists(path.join(project, 'convex'))))
    throw new CliError(`${project} has no folder convex/ with functions`);
  const digest = await inputsDigest(project);
  const directory = path.join(BUILD, name, digest.slice(0, 16));
  if (!(await exists(path.join(directory, 'bundle.json')))) await make({ project, name, digest, directory });
  const now = new Date();
  await utimes(directory, now, now); // it is in use
  const { bundleBytes } = await readBundle(directory);
  if (bundleBytes > limitBytes) {
    throw new CliError(
      `the bundle ${name} has ${bundleBytes} bytes and may have ${limitBytes}; ` +
        `import less in ${path.basename(project)}/convex`,
    );
  }
  return directory;
}

/** @param {string} directory @returns {Promise<Bundle>} */
export async function readBundle(directory) {
  return JSON.parse(await readFile(path.join(directory, 'bundle.json'), 'utf8'));
}

/** @param {{project: string, name: string, digest: string, directory: string}} order */
async function make({ project, name, digest, directory }) {
  const work = await folderFor(path.join(BUILD, name), digest);
  try {
    await layOut(project, work);
    await runCli(['deploy', '--yes', '--debug-bundle-path', 'out'], { work });
    const out = path.join(work, 'out');
    await describe(out, { digest, tables: await tablesOf(project) });
    await publish(out, directory);
    await forgetOld(path.dirname(directory));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * A folder of our own. Its path goes into the bundler's comments, so it has the same name each time, unless somebody
 * makes the same bundle at this moment. @param {string} parent @param {string} digest @returns {Promise<string>}
 */
async function folderFor(parent, digest) {
  await mkdir(parent, { recursive: true });
  for (let number = 0; ; number += 1) {
    const folder = path.join(parent, `making-${digest.slice(0, 16)}-${number}`);
    try {
      await mkdir(folder);
      return folder;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
  }
}

/** @param {string} project @returns {Promise<any[]>} */
async function tablesOf(project) {
  const file = path.join(path.resolve(project), 'convex', 'schema.js');
  if (!(await exists(file))) return [];
  const { default: schema } = await import(pathToFileURL(file).href);
  return JSON.parse(schema.export()).tables;
}

/**
 * Replaces the CLI's own dump by bundle.json.
 * @param {string} out @param {{digest: string, tables: any[]}} known
 */
async function describe(out, known) {
  const dump = path.join(out, 'fullConfig.json');
  const { modules: pushed, ...config } = JSON.parse(await readFile(dump, 'utf8'));
  const files = pushed.flatMap((/** @type {any} */ { path: file, source, sourceMap }) => [
    { file, text: source },
    ...(sourceMap === undefined ? [] : [{ file: `${file}.map`, text: sourceMap }]),
  ]);
  /** @type {Bundle} */
  const bundle = {
    ...known,
    modules: pushed.map((/** @type {any} */ { path: file, environment, source }) => ({
      path: file,
      environment,
      bytes: Buffer.byteLength(source),
    })),
    bundleBytes: files.reduce(
      (/** @type {number} */ sum, /** @type {any} */ { text }) => sum + Buffer.byteLength(text),
      0,
    ),
    bundleZipBytes: zipBytes(files),
    config,
  };
  await rm(dump);
  await writeFile(path.join(out, 'bundle.json'), `${JSON.stringify(bundle, null, 2)}\n`);
}

/**
 * Size of a ZIP archive of these files: headers, names twice, deflated data.
 * @param {{file: string, text: string}[]} files
 */
function zipBytes(files) {
  const entry = (/** @type {{file: string, text: string}} */ { file, text }) =>
    30 + 46 + 2 * Buffer.byteLength(file) + deflateRawSync(text).length;
  return files.reduce((sum, file) => sum + entry(file), 22);
}

/** @param {string} out @param {string} directory */
async function publish(out, directory) {
  try {
    await rename(out, directory);
  } catch (error) {
    // Somebody else was faster with the same inputs: his is as good.
    if (!(await exists(path.join(directory, 'bundle.json')))) throw error;
  }
}

/** Of sources that nobody has run for a day. @param {string} parent */
async function forgetOld(parent) {
  for (const name of await readdir(parent)) {
    const folder = path.join(parent, name);
    const known = await stat(folder).catch(() => null); // another process may have forgotten it
    if (known && Date.now() - known.mtimeMs > KEPT_MS) await rm(folder, { recursive: true, force: true });
  }
}

/** SHA-256 over names and contents of everything that a bundle of this project may contain. @param {string} project */
async function inputsDigest(project) {
  const hash = createHash('sha256').update(`${process.version} ${path.relative(DRIVERS, path.resolve(project))}`);
  const roots = [...SOURCES, 'package-lock.json'].map((name) => path.join(DRIVERS, name));
  const sdk = ['web', 'nodejs'].map((build) => path.join(NODE_MODULES, '@breeztech/breez-sdk-spark', build));
  for (const root of [...roots, ...sdk]) {
    for (const file of await filesIn(root)) {
      hash.update(`\0${path.relative(DRIVERS, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

/** Every file of a folder in a fixed order, or the file itself. @param {string} root @returns {Promise<string[]>} */
async function filesIn(root) {
  if (!(await exists(root))) return [];
  if ((await stat(root)).isFile()) return [root];
  const names = (await readdir(root, { withFileTypes: true })).filter(({ name }) => !NO_SOURCE.has(name));
  names.sort((a, b) => (a.name < b.name ? -1 : 1));
  return (await Promise.all(names.map(({ name }) => filesIn(path.join(root, name))))).flat();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [project, name, limit] = process.argv.slice(2);
  try {
    if (!project || !name) throw new CliError('usage: node bundle.js PROJECT NAME [LIMIT_BYTES]');
    const directory = await bundled({ project, name, ...(limit ? { limitBytes: Number(limit) } : {}) });
    console.log(JSON.stringify({ event: 'bundled', directory }));
  } catch (error) {
    console.error(error instanceof CliError ? error.message : String(error));
    process.exitCode = 1;
  }
}

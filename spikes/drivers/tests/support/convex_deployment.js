/**
 * A deployment on loopback that takes a push of the real Convex CLI and runs what was pushed in the stand-in.
 *
 *   node convex_deployment.js FOLDER      prints {"event":"listen","url":...,"adminKey":...}; ends with its stdin
 *
 * Role: lets a test walk the whole way that a user's own deployment would be used on. It answers as much of the
 * deployment's API as the CLI asks for. GET /test/calls tells what it was asked. Must not know: wallets.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';

import { StandIn } from '../../convex/isolate/standin/standin.js';
import { fetchHandler } from '../../node/fetch_handler.js';

const ADMIN_KEY = 'loopback|00';
const folder = process.argv[2];
/** @type {string[]} */
const asked = [];
/** @type {Record<string, string>} */
const variables = {};
/** @type {StandIn | null} */
let standin = null;

const actions = await listen(async (request) => {
  const body = request.body ? new Uint8Array(await request.arrayBuffer()) : null;
  const { method, url, headers } = request;
  const answer = await /** @type {StandIn} */ (standin).http({ method, url, headers: [...headers], body });
  return new Response(/** @type {any} */ (answer.body), { status: answer.status, headers: answer.headers });
});

const SCHEMA_CHANGE = { allocatedComponentIds: {}, schemaIds: {} };
const NO_DIFF = { added: [], removed: [] };
/** @type {Record<string, (body: any) => any>} */
const API = {
  'GET /test/calls': () => ({ asked, names: Object.keys(variables).sort() }),
  'GET /api/v1/get_canonical_urls': () => ({ convexCloudUrl: api, convexSiteUrl: actions }),
  'POST /api/query': () => ({
    status: 'success',
    value: Object.entries(variables).map(([name, value]) => ({ name, value })),
  }),
  'POST /api/update_environment_variables': ({ changes }) => {
    for (const { name, value } of changes) variables[name] = value;
    return null;
  },
  'POST /api/get_config_hashes': () => ({ config: { functions: 'convex/' }, moduleHashes: [], nodeDependencies: [] }),
  'POST /api/deploy2/evaluate_schema': () => ({ schemaChange: SCHEMA_CHANGE, indexDiffs: {} }),
  'POST /api/deploy2/evaluate_push': () => ({ schemaChange: SCHEMA_CHANGE }),
  'POST /api/deploy2/start_push': async (push) => {
    await take(push);
    return {
      environmentVariables: {},
      externalDepsId: null,
      componentDefinitionPackages: {},
      appAuth: [],
      analysis: {},
      app: {
        definitionPath: '',
        componentPath: '',
        args: {},
        childComponents: {},
        httpRoutes: { httpModuleRoutes: [], mounts: [] },
        exports: {},
      },
      schemaChange: SCHEMA_CHANGE,
    };
  },
  'POST /api/deploy2/wait_for_schema': () => ({ type: 'complete' }),
  'POST /api/deploy2/finish_push': () => ({ authDiff: NO_DIFF, definitionDiffs: {}, componentDiffs: {} }),
  'POST /api/deploy2/report_push_completed': () => null,
};

const api = await listen(async (request) => {
  const { pathname } = new URL(request.url);
  const what = `${request.method} ${pathname}`;
  asked.push(what);
  if (!pathname.startsWith('/test/') && request.headers.get('authorization') !== `Convex ${ADMIN_KEY}`) {
    const { adminKey } = pathname.includes('deploy2') ? await content(request.clone()) : { adminKey: null };
    if (adminKey !== ADMIN_KEY) return Response.json({ code: 'Unauthorized', message: what }, { status: 401 });
  }
  if (!API[what]) return Response.json({ code: 'NotFound', message: what }, { status: 404 });
  return Response.json(await API[what](request.method === 'POST' ? await content(request) : null));
});

process.stdin.on('end', async () => process.exit(await standin?.close().then(() => 0))).resume();
console.log(JSON.stringify({ event: 'listen', url: api, adminKey: ADMIN_KEY }));

/** Unpacks what was pushed as a bundle, and starts it. @param {any} push */
async function take({ appDefinition: { changedModules, schema } }) {
  const bundle = path.join(folder, `push-${asked.length}`);
  for (const { path: file, source, environment } of changedModules) {
    write(path.join(bundle, environment, file), source);
  }
  write(path.join(bundle, 'schema.mjs'), schema.source);
  const { default: tables } = await import(pathToFileURL(path.join(bundle, 'schema.mjs')).href);
  const modules = changedModules.map((/** @type {any} */ { path: file, environment }) => ({ path: file, environment }));
  const described = {
    digest: bundle,
    modules,
    tables: JSON.parse(tables.export()).tables,
    bundleBytes: 0,
    bundleZipBytes: 0,
  };
  write(path.join(bundle, 'bundle.json'), JSON.stringify(described));
  await standin?.close();
  const databaseFile = path.join(folder, 'database.sqlite');
  standin = new StandIn({ bundle, databaseFile, env: variables, log: (level, line) => console.error(level, line) });
  await standin.start();
}

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** @param {Request} request */
async function content(request) {
  const bytes = Buffer.from(await request.arrayBuffer());
  return JSON.parse(String(request.headers.get('content-encoding') === 'br' ? brotliDecompressSync(bytes) : bytes));
}

/** @param {(request: Request) => Promise<Response>} handle @returns {Promise<string>} */
function listen(handle) {
  const server = createServer(fetchHandler(handle));
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`);
    });
  });
}

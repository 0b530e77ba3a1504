/**
 * Functions that look around in their own world: POST /<question> with a JSON body, answered in JSON.
 *
 * Role: lets a test hold a deployment - the stand-in, or a real one - to what the stand-in claims about it. Nothing
 * of a wallet is in here.
 */

import { httpActionGeneric, httpRouter } from 'convex/server';

import { ConvexShelf } from '../../shelf/convex_shelf.js';

/** What happens while this module is evaluated. */
const AT_IMPORT = {
  timer: thrown(() => setTimeout(() => {}, 0)),
  stopwatch: performance.now(),
  clock: Date.now(),
  date: new Date().getTime(),
  random: Math.random(),
  bytes: [...crypto.getRandomValues(new Uint8Array(4))],
  uuid: crypto.randomUUID(),
};
const fetchAtImport = fetch('http://127.0.0.1:9/').then(() => null, String);
let calls = 0;

/** @type {Record<string, (input: any, ctx: any) => any>} */
const QUESTIONS = {
  typeof: ({ names }) => Object.fromEntries(names.map((/** @type {string} */ name) => [name, typeof find(name)])),
  import_phase: async () => ({ ...AT_IMPORT, fetch: await fetchAtImport, now: Date.now() }),
  calls: () => (calls += 1),
  eval: () => [thrown(() => globalThis.eval('1')), thrown(() => new Function('return 1')())],
  // A host object must not lead to an evaluator either.
  eval_of_the_host: () => thrown(() => /** @type {any} */ (Headers).constructor('return 1')()),
  import_meta: () => thrown(() => import.meta.url),
  chunk: async () => (await import('../chunk.js')).name,
  environment: () => ({ ...process.env }),
  request_getter: ({ name }) => thrown(() => /** @type {any} */ (new Request('http://127.0.0.1/'))[name]),
  finalised: () => new WeakRef({ held: true }).deref(),
  wait: () => thrown(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)),
  outside: ({ url }) => fetch(url).then(() => null, String),
  unhandled: async () => {
    Promise.reject(new Error('nobody handles this'));
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return 'went on';
  },
  timer_throws: async () => {
    setTimeout(() => {
      throw new Error('a timer threw this');
    }, 0);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return 'went on';
  },
  buffers: ({ mib }) => Array.from({ length: mib }, () => new Uint8Array(2 ** 20)).length,
  heap: ({ strings }) => Array.from({ length: strings }, (_, index) => ({ index, text: `${index}`.repeat(8) })).length,
  bytes: ({ count }) => 'x'.repeat(count),
  // What is left behind when the answer goes: it must never come back.
  left_behind: async ({ url }) => {
    setTimeout(() => fetch(url), 50);
    fetch(url).then(() => fetch(url));
    return 'gone';
  },
  spin: () => {
    for (;;);
  },
  pause: ({ ms }) => new Promise((resolve) => setTimeout(() => resolve(ms), ms)),
  add: async ({ table, times }, ctx) => {
    const shelf = new ConvexShelf({ ctx, scope: 'probe' });
    let runs = 0;
    for (let time = 0; time < times; time += 1) {
      await shelf.transaction((tx) => {
        runs += 1;
        tx.put(table, 'sum', (tx.get(table, 'sum') ?? 0) + 1);
      });
    }
    return runs;
  },
  sum: ({ table }, ctx) => new ConvexShelf({ ctx, scope: 'probe' }).transaction((tx) => tx.get(table, 'sum')),
  mutation: ({ name, input }, ctx) => ctx.runMutation(name, input).catch(String),
  query: ({ name, input }, ctx) => ctx.runQuery(name, input).catch(String),
};

const http = httpRouter();
http.route({
  pathPrefix: '/',
  method: 'POST',
  handler: httpActionGeneric(async (ctx, request) => {
    const question = new URL(request.url).pathname.slice(1);
    return Response.json({ answer: (await QUESTIONS[question](await request.json(), ctx)) ?? null });
  }),
});
http.route({ path: '/healthz', method: 'GET', handler: httpActionGeneric(async () => Response.json({ ok: true })) });

export default http;

/** @param {() => unknown} work @returns {string | null} what it throws */
function thrown(work) {
  try {
    work();
    return null;
  } catch (error) {
    return String(error);
  }
}

/** @param {string} name such as "crypto.subtle.digest" */
function find(name) {
  return name.split('.').reduce((/** @type {any} */ holder, part) => holder?.[part], globalThis);
}

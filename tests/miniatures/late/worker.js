/**
 * A Worker that uses known amounts of what is metered, and goes on after its answer: the positive control of the
 * inspection `use`. It answers just enough of the contract to be a seat's driver.
 *
 * At GET /status: 50 ms of CPU, 20 MB of memory, three network calls at once and one after them; and, after the answer,
 * a timer of 100 ms and one network call, and beside them a timer of a minute that ends with the request.
 */

const IDENTITY = `02${'ab'.repeat(32)}`;
const BUSY_MS = 50;
let held;

export default {
  async fetch(request, env, context) {
    if (new URL(request.url).pathname !== '/status') return Response.json({ ok: true });
    const { admin } = JSON.parse(env.SPARKGATE_NETWORK);
    const call = async () => (await fetch(`${admin}/ledger`)).text();
    held ??= new Uint8Array(20_000_000);
    for (const until = Date.now() + BUSY_MS; Date.now() < until; );
    await Promise.all([call(), call(), call()]);
    await call();
    context.waitUntil(goOn(call));
    return Response.json({ ok: true, identityPublicKey: IDENTITY, balanceSats: held.length });
  },
};

async function goOn(call) {
  setTimeout(() => {}, 60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await call();
}

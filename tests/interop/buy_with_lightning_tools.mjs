/**
 * A stranger's shopping: npm @getalby/lightning-tools, whose wallet is a driver of ours behind its HTTP contract.
 *
 * Reads {driver, token, urls} from stdin; writes one object for each URL: what came back, and what was paid. Credentials
 * are kept by URL and handed back, as the library wants its callers to do.
 */

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

const require = createRequire(new URL('../../spikes/drivers/package.json', import.meta.url));
const { fetchWithL402 } = require('@getalby/lightning-tools/402/l402');

const { driver, token, urls } = JSON.parse(await text(process.stdin));
let paid = 0;
const wallet = {
  async payInvoice({ invoice }) {
    const payment = { invoice, maxAmountMsats: 100_000_000, host: 'seller.example' };
    const response = await fetch(`${driver}/pay-bolt11`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ requestId: randomUUID(), payment }),
    });
    const { result } = await response.json();
    paid += 1;
    return { preimage: result.payment.preimageHex };
  },
};

const kept = new Map();
const answers = [];
for (const url of urls) {
  try {
    const response = await fetchWithL402(url, {}, { wallet, credentials: kept.get(url) });
    if (response.payment) kept.set(url, response.payment.credentials);
    answers.push({ status: response.status, body: await response.text(), paid });
  } catch (error) {
    answers.push({ status: null, error: error.constructor.name, paid });
  }
}
process.stdout.write(JSON.stringify(answers));

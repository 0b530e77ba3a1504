/**
 * A small world for the books: services that crash, a network that remembers, events in a random order.
 *
 * Role: `step()` lets something happen and then holds the books to account. Must not know: which shelf they lie on.
 */

import assert from 'node:assert/strict';

import { Books } from '../../wallet/books.js';
import { ContractError } from '../../wallet/errors.js';
import { settings } from './drivers.js';

const PRICE_MSATS = 5_000n;
/** Room for thirty payments. What crashes before it is submitted keeps its room. */
const WINDOW_CAP_MSATS = 150_000n;

/**
 * @typedef {import('../../wallet/shelf.js').Shelf} Shelf
 * @typedef {ReturnType<typeof import('./random.js').seeded>} Random
 */

/**
 * Two services on one shelf, which crash and start again, a network that remembers everything, and random events.
 * Holds the books to account: an invoice is submitted once unless it failed, and the window counts every open and
 * every paid satoshi.
 */
export class World {
  /** @param {Shelf} shelf @param {Random} random */
  constructor(shelf, random) {
    this.shelf = shelf;
    this.random = random;
    this.births = 0;
    this.services = [this.#service(), this.#service()];
    /** @type {Map<string, {requestId: string, end: 'open' | 'paid' | 'failed'}>} what the network knows, by invoice */
    this.network = new Map();
    /** @type {{service: number, order: any, submitted: boolean}[]} */
    this.running = [];
    this.paid = new Set();
    this.refusals = 0;
    this.lookedUp = 0;
  }

  #service() {
    this.births += 1;
    const config = settings({ windowCapMsats: WINDOW_CAP_MSATS, windowMs: 10 ** 9 });
    return new Books({
      shelf: this.shelf,
      config,
      inFlightLimitMs: 10 ** 9,
      incarnation: `incarnation-${this.births}`,
    });
  }

  async step() {
    const { random } = this;
    const running = this.running.length ? random.integer(this.running.length) : -1;
    const event = random.integer(10);
    if (event < 4 || running < 0) await this.#ask(random.integer(2));
    else if (event === 9) this.#crash(random.integer(2));
    else await this.#proceed(running);
    await this.#check();
  }

  /** @param {number} service */
  async #ask(service) {
    const number = this.random.integer(60);
    const requestId = `request-${number}-${this.random.integer(2)}`;
    const paymentHash = `hash-${number}`;
    const request = { requestId, invoice: paymentHash, maxAmountMsats: 10_000n, host: 'a' };
    const order = { request, terms: { paymentHash, amountMsats: PRICE_MSATS } };
    try {
      const place = await this.services[service].open(/** @type {any} */ (order), paymentHash);
      if (place.state === 'settled') assert.equal(this.network.get(paymentHash)?.end, 'paid');
      if (place.state === 'new') this.running.push({ service, order, submitted: false });
      if (place.state === 'unknown') await this.#lookUp(service, order);
    } catch (error) {
      if (!(error instanceof ContractError)) throw error;
      if (error.code === 'payment_failed') assert.notEqual(this.network.get(paymentHash)?.requestId, undefined);
      this.refusals += 1;
    }
  }

  /** One payment goes a step further: it is submitted, or ends. @param {number} index */
  async #proceed(index) {
    const { service, order, submitted } = this.running[index];
    const { request, terms } = order;
    const known = this.network.get(terms.paymentHash);
    if (!submitted && this.random.integer(3) > 0) {
      assert.ok(!known || known.end === 'failed', `${terms.paymentHash} is submitted twice`);
      this.network.set(terms.paymentHash, { requestId: request.requestId, end: 'open' });
      this.running[index].submitted = true;
      return;
    }
    this.running.splice(index, 1);
    if (!submitted) return this.services[service].giveBack(order);
    if (this.random.integer(3) === 0) return this.services[service].markUnknown(order);
    await this.#lookUp(service, order);
  }

  /** @param {number} service @param {any} order */
  async #lookUp(service, order) {
    const { request, terms } = order;
    const known = this.network.get(terms.paymentHash);
    if (!known || known.requestId !== request.requestId) return this.services[service].markUnknown(order);
    if (known.end === 'open') known.end = this.random.pick(['paid', 'paid', 'failed']);
    this.lookedUp += 1;
    if (known.end === 'paid') {
      this.paid.add(terms.paymentHash);
      const answer = await this.services[service].settlePaid(
        order,
        () => /** @type {any} */ ({ paid: request.requestId }),
      );
      assert.deepEqual(answer, { paid: request.requestId });
    } else {
      const error = new ContractError('payment_failed', 'failed', { afterSubmit: true });
      await assert.rejects(this.services[service].settleFailed(order, error), { code: 'payment_failed' });
    }
  }

  /** Its payments stop where they are; the next of its kind has another incarnation. @param {number} service */
  #crash(service) {
    this.running = this.running.filter((one) => one.service !== service);
    this.services[service] = this.#service();
  }

  async #check() {
    const counted = await this.services[0].spentMsats();
    const entries = await this.shelf.transaction((tx) => tx.list('register'));
    const holding = entries.filter(([, entry]) => entry.state !== 'settled' || 'answer' in entry.answer);
    assert.equal(counted, BigInt(holding.length) * PRICE_MSATS);
    assert.ok(counted <= WINDOW_CAP_MSATS);
    for (const [hash, { requestId, end }] of this.network) {
      const [, entry] = entries.find(([id]) => id === requestId) ?? [];
      if (end !== 'failed') assert.ok(entry, `${hash} is ${end}, and ${requestId} is forgotten`);
    }
  }
}

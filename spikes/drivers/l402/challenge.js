/**
 * Reads the challenge of a 402 answer: WWW-Authenticate with L402 or LSAT.
 *
 * Role: any order of parameters, quoted or not, `macaroon=` or `token=`, unknown parameters ignored, several
 * challenges in one folded header or in several headers (Fetch joins those with ", "). Everything in it is
 * the seller's word: amounts that a seller writes beside the invoice are not even looked at.
 * Must not know: policies, payments.
 */

import { ContractError } from '../wallet/errors.js';

const MAX_HEADER_LENGTH = 32_768;
/** A scheme, the name of a parameter, or the base64 that other schemes put after their name. */
const WORD = /[!#-+\--<>-~]+/y;
const SPACES = /[ \t]*/y;
/** Base64 holds "/" and "=", which are no token characters; sellers send it unquoted all the same. */
const BARE_VALUE = /[^\s",]+/y;
const QUOTED_VALUE = /"((?:[^"\\]|\\.)*)"/y;
/** One or more base64 or base64url texts, comma-separated: what may stand in an Authorization header. */
const CREDENTIAL = /^[A-Za-z0-9+/_-]+={0,2}(?:,[A-Za-z0-9+/_-]+={0,2})*$/;
/** Preferred first: LSAT is the older name, and sellers that send both mean the same by them. */
const SCHEMES = ['l402', 'lsat'];

/**
 * @typedef {object} Challenge
 * @property {'L402' | 'LSAT'} scheme to answer with
 * @property {string} macaroon as sent, base64
 * @property {string} invoice
 */

/**
 * @param {string | null} header value of WWW-Authenticate @returns {Challenge}
 * @throws {ContractError} challenge_malformed, details.reason says what is missing
 */
export function parseChallenge(header) {
  if (!header) throw malformed('no_header', 'a 402 answer without WWW-Authenticate');
  if (header.length > MAX_HEADER_LENGTH) throw malformed('too_long', 'a WWW-Authenticate header of absurd length');
  const challenges = splitChallenges(header);
  const known = SCHEMES.flatMap((scheme) => challenges.filter((challenge) => challenge.scheme === scheme));
  if (known.length === 0) throw malformed('no_l402', 'no challenge of L402 or LSAT');
  const usable = known.find(({ parameters }) => credentialOf(parameters) && parameters.get('invoice'));
  if (!usable) throw malformed('incomplete', 'a challenge (L402) without a usable macaroon or without an invoice');
  return {
    scheme: usable.scheme === 'lsat' ? 'LSAT' : 'L402',
    macaroon: /** @type {string} */ (credentialOf(usable.parameters)),
    invoice: /** @type {string} */ (usable.parameters.get('invoice')),
  };
}

/** @param {Map<string, string>} parameters @returns {string | undefined} */
function credentialOf(parameters) {
  return [parameters.get('macaroon'), parameters.get('token')].find((text) => text && CREDENTIAL.test(text));
}

/**
 * A word is a parameter if "=" follows it, else it names the scheme of a new challenge (or is another scheme's base64).
 * The first of two parameters with the same name counts: a later one cannot change what was said.
 * @param {string} header @returns {{scheme: string, parameters: Map<string, string>}[]}
 */
function splitChallenges(header) {
  const reader = new Reader(header);
  /** @type {{scheme: string, parameters: Map<string, string>}[]} */
  const challenges = [];
  while (reader.skipSeparators()) {
    const word = reader.take(WORD);
    if (word === null) throw malformed('syntax', 'a WWW-Authenticate header that cannot be read');
    const value = reader.value();
    if (value === null) {
      challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
      continue;
    }
    const { parameters } = challenges.at(-1) ?? {};
    if (!parameters) throw malformed('syntax', 'a WWW-Authenticate header that begins with a parameter');
    const name = word.toLowerCase();
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return challenges;
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.position = 0;
  }

  /** Spaces and commas. @returns {boolean} false at the end */
  skipSeparators() {
    while (this.position < this.text.length && ' \t,'.includes(this.text[this.position])) this.position += 1;
    return this.position < this.text.length;
  }

  /** @param {RegExp} pattern sticky @returns {string | null} its first group, or all of it */
  take(pattern) {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return null;
    this.position = pattern.lastIndex;
    return match[1] ?? match[0];
  }

  /** The value after "=", empty if nothing follows it; null if there is no "=", or a quote that never closes. */
  value() {
    const start = this.position;
    this.take(SPACES);
    if (this.text[this.position] === '=') {
      this.position += 1;
      this.take(SPACES);
      const quoted = this.take(QUOTED_VALUE);
      if (quoted !== null) return quoted.replace(/\\(.)/g, '$1');
      const bare = this.take(BARE_VALUE);
      if (bare !== null) return bare;
      if (this.position === this.text.length || this.text[this.position] === ',') return '';
    }
    this.position = start;
    return null;
  }
}

/** @param {string} reason @param {string} what the seller sent */
export function malformed(reason, what) {
  return new ContractError('challenge_malformed', `the seller sent ${what}; nothing was paid`, { details: { reason } });
}

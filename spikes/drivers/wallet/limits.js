/**
 * The wallet's own limits: which hosts, how much at once. Pure.
 *
 * Role: the last word before money moves, whatever the caller's policy said. The amount judged is the
 * invoice's own. Must not know: the SDK, windows of time.
 */

import { ContractError } from './errors.js';
import { jsonInteger } from './money.js';
import { receiptHost } from './receipts.js';

/**
 * @param {{hostAllowlist: string[] | null, requestCapMsats: bigint}} limits
 * @param {{host: string, maxAmountMsats: bigint}} request @param {bigint} amountMsats the invoice's own
 * @throws {ContractError} host_not_allowed, request_cap_exceeded, quoted_amount_exceeds_cap
 */
export function requireWithinLimits({ hostAllowlist, requestCapMsats }, { host, maxAmountMsats }, amountMsats) {
  if (hostAllowlist && !hostAllowlist.includes(host) && !hostAllowlist.includes(receiptHost(host))) {
    throw new ContractError(
      'host_not_allowed',
      `${host} is not on this wallet's allowlist; add it there if you trust it`,
    );
  }
  if (maxAmountMsats > requestCapMsats) {
    throw new ContractError(
      'request_cap_exceeded',
      "maxAmountMsats is above this wallet's cap for one payment; lower it",
      {
        details: { requestCapMsats: jsonInteger(requestCapMsats) },
      },
    );
  }
  if (amountMsats > maxAmountMsats) {
    throw new ContractError(
      'quoted_amount_exceeds_cap',
      'the invoice asks for more than maxAmountMsats; nothing was paid',
      {
        details: { quotedAmountMsats: jsonInteger(amountMsats), maxAmountMsats: jsonInteger(maxAmountMsats) },
      },
    );
  }
}

"""The GraphQL document of the test wallet, written as clients write theirs: all operations at once, one of them named.

Aliases, nested fragments, inline fragments on the interface and fields that several fragments ask for again: the
provider must execute it, not recognise it. One operation asks for what this provider lacks, as newer clients' do.
"""

from __future__ import annotations

import json
from typing import Any

DOCUMENT = """
mutation GetChallenge($input: GetChallengeInput!) {
  get_challenge(input: $input) { protected_challenge }
}

mutation VerifyChallenge($input: VerifyChallengeInput!) {
  verify_challenge(input: $input) { valid_until session_token }
}

query LightningSendFeeEstimate($input: LightningSendFeeEstimateInput!) {
  lightning_send_fee_estimate(input: $input) { fee_estimate { ...Amount } }
}

mutation RequestLightningSend($input: RequestLightningSendInput!) {
  request_lightning_send(input: $input) { request { ...Send } }
}

mutation RequestSwap($input: RequestSwapInput!) {
  request_swap(input: $input) { request { ...Swap } }
}

query Transfers($transfer_spark_ids: [UUID!]!) {
  transfers(transfer_spark_ids: $transfer_spark_ids) {
    __typename
    ...TransferWithAmount
    user_request { __typename ...AnyRequest }
  }
}

query UserRequest($request_id: ID!) {
  user_request(request_id: $request_id) { __typename ...AnyRequest }
}

query InstantDepositQuote($input: InstantDepositQuoteInput!) {
  instant_deposit_quote(input: $input) { ...UnknownHere }
}

fragment UnknownHere on InstantDepositQuote { fee { ...Amount } }

fragment Amount on CurrencyAmount {
  __typename
  original_value
  original_unit
  preferred_currency_unit
  preferred_currency_value_rounded
}

fragment TransferWithAmount on Transfer {
  __typename
  total_amount { ...Amount }
  spark_id
  user_request { __typename id }
}

fragment AnyRequest on UserRequest {
  id
  created_at
  ... on LightningSendRequest { ...Send }
  ... on LeavesSwapRequest { ...Swap }
  ... on CoopExitRequest { coop_status: status fee { ...Amount } }
  ... on LightningReceiveRequest { receive_status: status }
}

fragment Send on LightningSendRequest {
  __typename
  id
  created_at
  updated_at
  network
  status
  encoded_invoice
  fee { ...Amount }
  idempotency_key
  transfer { ...TransferWithAmount }
  lightning_send_payment_preimage: payment_preimage
}

fragment Swap on LeavesSwapRequest {
  __typename
  id
  created_at
  updated_at
  network
  swap_status: status
  total_amount { ...Amount }
  target_amount { ...Amount }
  fee { original_value ...Amount }
  inbound_transfer { ...TransferWithAmount }
  outbound_transfer { ...TransferWithAmount }
  swap_expired_at: expires_at
  swap_leaves { leaf_id raw_unsigned_refund_transaction adaptor_signed_signature }
}
"""


def request_body(operation: str, variables: dict[str, Any], document: str = DOCUMENT) -> bytes:
    """The body of one GraphQL request."""
    return json.dumps({"variables": variables, "query": document, "operationName": operation}).encode()

"""The L402 challenge: the value of `WWW-Authenticate` that asks for a payment.

Role: write it. Pure.
Must not know: how the macaroon was made, what the invoice costs.

`macaroon` and `invoice` come first, `version` and `token` (the same macaroon again, under its name in the 2026 text)
follow: the only order that both old and new clients read. Base64 is standard and padded, as Aperture writes it.
"""

from __future__ import annotations

import base64

from spikes.paywall.macaroon import Macaroon, encode

# What a 401 carries: HTTP asks for a challenge there too, but a refused credential is no reason to pay again.
WITHOUT_OFFER = 'L402 realm="sparkgate"'


def format_challenge(macaroon: Macaroon, invoice: str) -> str:
    """The header value for `macaroon` and the BOLT11 `invoice` that pays for it."""
    token = base64.b64encode(encode(macaroon)).decode()
    return f'L402 macaroon="{token}", invoice="{invoice}", version="0", token="{token}"'

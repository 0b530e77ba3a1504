"""A stranger's shopping: PyPI l402-requests, whose wallet is a driver of ours behind its HTTP contract.

Reads {packages, driver, token, urls} from stdin; writes one object for each URL: what came back, and what was paid.
"""

from __future__ import annotations

import json
import sys
import urllib.request
import uuid

ASKED = json.load(sys.stdin)
sys.path.insert(0, ASKED["packages"])

import l402_requests  # type: ignore[import-not-found] # noqa: E402 - only after its place is known


class Driver(l402_requests.WalletBase):  # type: ignore[misc]
    """Pays over `POST /pay-bolt11`."""

    def __init__(self) -> None:
        self.paid: list[str] = []

    async def pay_invoice(self, bolt11: str) -> str:
        return self.pay_invoice_sync(bolt11)

    def pay_invoice_sync(self, bolt11: str) -> str:
        payment = {"invoice": bolt11, "maxAmountMsats": 100_000_000, "host": "seller.example"}
        body = json.dumps({"requestId": str(uuid.uuid4()), "payment": payment}).encode()
        headers = {"Authorization": f"Bearer {ASKED['token']}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{ASKED['driver']}/pay-bolt11", data=body, headers=headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310 - loopback
            proof = json.load(response)["result"]["payment"]["preimageHex"]
        self.paid.append(bolt11)
        return str(proof)


def main() -> None:
    wallet = Driver()
    client = l402_requests.L402Client(wallet=wallet, trust_env=False)
    answers = []
    for url in ASKED["urls"]:
        try:
            response = client.get(url)
            answers.append({"status": response.status_code, "body": response.text, "paid": len(wallet.paid)})
        except l402_requests.L402Error as error:
            answers.append({"status": None, "error": type(error).__name__, "paid": len(wallet.paid)})
    json.dump(answers, sys.stdout)


main()

"""What the environment allows a live run to do.

Role: refuse unless everything is said: the wallet, how much at once, how much in all, and in so many words that it may
be spent. For real money the words name the day, the sums and the wallet, so that yesterday's words allow nothing.
Must not know: networks' hosts, drivers, records. No secret is part of a message or of a repr.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from cryptography import x509
from embit import bip39

from spikes.errors import LiveFailure
from spikes.live.networks import LiveNetwork
from spikes.record import fingerprint

MNEMONIC, API_KEY = "SPARKGATE_LIVE_MNEMONIC", "SPARKGATE_LIVE_API_KEY"
SPEND_CAP, AMOUNT_LIMIT = "SPARKGATE_LIVE_SPEND_CAP_SATS", "SPARKGATE_LIVE_AMOUNT_LIMIT_SATS"
CONFIRM = "SPARKGATE_LIVE_CONFIRM"
VARIABLES = (MNEMONIC, API_KEY, SPEND_CAP, AMOUNT_LIMIT, CONFIRM)
MOST_SATS = 10_000  # no experiment needs more
# Where a machine runs this for everybody, nobody reads along, and secrets are other people's.
AUTOMATIC = ("CI", "GITHUB_ACTIONS")
OFF = ("", "0", "false")


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Everything that a live run needs to be told, and was."""

    network: str
    mnemonic: str = field(repr=False)
    api_key: str | None = field(repr=False)
    spend_cap_sats: int  # over all live runs on this network
    amount_limit_sats: int  # of one invoice

    @property
    def wallet_id(self) -> str:
        """A name that tells the mnemonic's fingerprint and nothing else."""
        return wallet_id(self.mnemonic)


def refuse_automation(environment: Mapping[str, str]) -> None:
    """Raises LiveFailure where no person is."""
    for name in AUTOMATIC:
        if environment.get(name, "").lower() not in OFF:
            raise LiveFailure(f"nothing was sent: {name} is set, and live runs are made by hand; run it at a terminal")


def read_permission(environment: Mapping[str, str], network: LiveNetwork, today: date) -> Permission:
    """What the environment says. Raises LiveFailure that names everything that is missing or wrong."""
    refuse_automation(environment)
    wanted = [name for name in VARIABLES if network.needs_api_key or name != API_KEY]
    problems = [f"{name} is not set" for name in wanted if not environment.get(name)]
    sats = {name: read_sats(environment.get(name, "")) for name in (SPEND_CAP, AMOUNT_LIMIT)}
    problems += [
        f"{name} is a whole number from 1 to {MOST_SATS}"
        for name, amount in sats.items()
        if environment.get(name) and amount is None
    ]
    mnemonic = " ".join(environment.get(MNEMONIC, "").split())
    if mnemonic and not bip39.mnemonic_is_valid(mnemonic):
        problems.append(f"{MNEMONIC} is not a valid BIP39 phrase")
    if network.needs_api_key and environment.get(API_KEY) and not is_api_key(environment[API_KEY]):
        problems.append(f"{API_KEY} is not a key of the SDK's maker, which is a certificate in base64")
    cap, limit = sats[SPEND_CAP] or 0, sats[AMOUNT_LIMIT] or 0
    if not problems and limit > cap:
        problems.append(f"{AMOUNT_LIMIT} ({limit}) is above {SPEND_CAP} ({cap})")
    # Asked for last, and only once all else is right: the words that allow the run name the rest.
    missing_words_alone = problems == [f"{CONFIRM} is not set"]
    if problems and not missing_words_alone:
        raise LiveFailure(f"nothing was sent: {'; '.join(problems)}")
    permission = Permission(
        network=network.name,
        mnemonic=mnemonic,
        api_key=environment.get(API_KEY) or None,
        spend_cap_sats=cap,
        amount_limit_sats=limit,
    )
    if environment.get(CONFIRM) != (words := confirmation(permission, network, today)):
        raise LiveFailure(f"nothing was sent: set {CONFIRM} to exactly {words!r} if you mean it")
    return permission


def confirmation(permission: Permission, network: LiveNetwork, today: date) -> str:
    """The words that allow the run."""
    cap, limit = permission.spend_cap_sats, permission.amount_limit_sats
    if not network.real_money:
        return f"spend up to {cap} sats on {network.tier}"
    return (
        f"on {today.isoformat()} I spend up to {cap} real sats, at most {limit} at once, "
        f"from {permission.wallet_id} on {network.tier}, and can bear their loss"
    )


def wallet_id(mnemonic: str) -> str:
    """How a live wallet is named in records and messages."""
    return f"wallet-{fingerprint(mnemonic)}"


def is_api_key(text: str) -> bool:
    """Whether the SDK could read this key: the DER form of a certificate, in base64."""
    try:
        x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except ValueError:
        return False
    return True


def read_sats(text: str) -> int | None:
    """A whole number of satoshis from 1 to MOST_SATS, None if it is not one."""
    fits = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_SATS))
    return int(text) if fits and 1 <= int(text) <= MOST_SATS else None

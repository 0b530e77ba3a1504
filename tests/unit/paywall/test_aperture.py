"""The seller that reads and answers as Aperture does: stricter in form, and a new bill for whatever does not open."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.paywall.credentials import read_as_aperture
from spikes.paywall.macaroon import decode, encode, restrict
from spikes.paywall.refusals import CredentialError, Refusal
from tests.unit.paywall.lightning_node import LightningNode
from tests.unit.paywall.shop_floor import decoded, floor_of, one


async def test_its_bill_comes_under_two_names_with_the_older_first(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("aperture")) as floor:
        reply = await floor.ask("it")
        assert [value.partition(" ")[0] for value in reply.challenges] == ["LSAT", "L402"]
        assert reply.challenges[0].removeprefix("LSAT") == reply.challenges[1].removeprefix("L402")
        assert reply.headers["Content-Type"] == "application/grpc"


@pytest.mark.parametrize(
    ("form", "opens"),
    [
        ("L402 {m}:{p}", True),
        ("LSAT {m}:{p}", True),
        ("l402 {m}:{p}", False),
        ("L402  {m}:{p}", False),
        ("L402 {m}:{P}", False),
        ("L402 {u}:{p}", False),
        ("L402 {m},{m}:{p}", False),
        ('L402 macaroon="{m}", preimage="{p}"', False),
        ("Bearer x, L402 {m}:{p}", True),  # it looks anywhere in the header
        ("L402 {m}:{p}ff", True),  # and does not mind what follows
        ("Bearer x", False),
    ],
)
async def test_it_takes_credentials_in_its_own_forms_only(lightning: LightningNode, form: str, opens: bool) -> None:
    async with floor_of(lightning, one("aperture")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        unpadded = base64.urlsafe_b64encode(decoded(macaroon)).decode().rstrip("=")
        reply = await floor.get("/paid/it", form.format(m=macaroon, p=preimage, P=preimage.upper(), u=unpadded))
        assert (reply.status, len(reply.challenges)) == ((200, 0) if opens else (402, 2))


async def test_of_several_headers_the_last_one_counts(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("aperture")) as floor:
        good = await floor.buy("it")
        assert (await floor.get("/paid/it", good.replace("L402", "LSAT"), good)).status == 200
        assert (await floor.get("/paid/it", "Bearer x", good)).status == 200
        assert (await floor.get("/paid/it", good, "Bearer x")).status == 402


@pytest.mark.parametrize("name", ["Grpc-Metadata-Macaroon", "Macaroon"])
async def test_a_macaroon_in_a_header_of_its_own_carries_its_preimage(lightning: LightningNode, name: str) -> None:
    async with floor_of(lightning, one("aperture")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        plain = decode(decoded(macaroon))
        proven = encode(restrict(plain, f"preimage={preimage}")).hex()
        assert (await floor.get("/paid/it", headers={name: proven})).status == 200
        assert (await floor.get("/paid/it", headers={name: encode(plain).hex()})).status == 402
        assert (await floor.get("/paid/it", headers={name: "no hex"})).status == 402
        for no_preimage in ("", "zz" * 32, preimage[2:], f"{preimage}00"):
            spoilt = encode(restrict(plain, f"preimage={no_preimage}")).hex()
            assert (await floor.get("/paid/it", headers={name: spoilt})).status == 402
        assert (await floor.get("/paid/it", "Bearer x", headers={name: proven})).status == 402


async def test_a_restricted_macaroon_with_its_preimage_beside_it_opens_too(lightning: LightningNode) -> None:
    """lnget sends it so after paying; a seller that asked again would be paid twice."""
    async with floor_of(lightning, one("aperture")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        restricted = base64.b64encode(encode(restrict(decode(decoded(macaroon)), f"preimage={preimage}"))).decode()
        assert (await floor.get("/paid/it", f"L402 {restricted}:{preimage}")).status == 200


@pytest.mark.parametrize("spoil", ["forged", "unpaid", "revoked"])
async def test_whatever_does_not_open_gets_a_new_bill(lightning: LightningNode, spoil: str) -> None:
    async with floor_of(lightning, one("aperture")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"))
        if spoil == "revoked":
            await floor.post("/admin/items/it/revoke", {})
        if spoil == "forged":
            macaroon = base64.b64encode(decoded(macaroon)[:-1] + b"x").decode()
        if spoil == "unpaid":
            preimage = "00" * 32
        reply = await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")
        assert (reply.status, len(reply.challenges)) == (402, 2)


async def test_strict_verification_gets_a_new_bill_too(lightning: LightningNode) -> None:
    async with floor_of(lightning, one("aperture-strict")) as floor:
        macaroon, preimage = floor.proof(await floor.ask("it"), settle=False)
        assert (await floor.get("/paid/it", f"L402 {macaroon}:{preimage}")).status == 402


@given(st.lists(st.text(max_size=200), max_size=3), st.lists(st.text(max_size=120), max_size=2))
def test_any_headers_are_read_or_refused_with_a_typed_reason(values: list[str], named: list[str]) -> None:
    for prefix in ("", "L402 ", "LSAT AgE:"):
        error = refusal_of([prefix + value for value in values], named)
        if error is not None:
            assert error.refusal is Refusal.MALFORMED
            assert not any(value in str(error) for value in values if len(value) > 40)


def refusal_of(values: list[str], named: list[str]) -> CredentialError | None:
    """Why no credential could be read; None if there was none."""
    try:
        assert read_as_aperture(values, named) is None
    except CredentialError as error:
        return error
    return None

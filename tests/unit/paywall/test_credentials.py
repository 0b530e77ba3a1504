"""What opens an item, and the reason given for everything that does not."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spikes.paywall.credentials import read_authorization, verify
from spikes.paywall.identifier import IdentifierError, TokenIdentifier
from spikes.paywall.macaroon import Macaroon, encode, restrict
from spikes.paywall.macaroon import mint as mint_macaroon
from spikes.paywall.refusals import CredentialError, Refusal
from spikes.paywall.tokens import LOCATION, Mint

SEED = 7
NOW_S = 1_700_000_000.0
PREIMAGE = b"p" * 32
PAYMENT_HASH = hashlib.sha256(PREIMAGE).digest()
TOKEN = Mint(SEED).issue(payment_hash=PAYMENT_HASH, item="cheap", valid_until_s=int(NOW_S) + 600)


def header(macaroon: Macaroon | bytes = TOKEN, preimage: bytes = PREIMAGE, scheme: str = "L402") -> str:
    data = macaroon if isinstance(macaroon, bytes) else encode(macaroon)
    return f"{scheme} {base64.b64encode(data).decode()}:{preimage.hex()}"


def present(*values: str, item: str = "cheap", now_s: float = NOW_S) -> Refusal | None:
    """The seller's answer: None if the item opens."""
    error = refusal_of(*values, item=item, now_s=now_s)
    if error is None:
        return None
    assert str(error)
    assert not any(part in str(error) for value in values for part in value.split(":") if len(part) > 8)
    return error.refusal


def refusal_of(*values: str, item: str = "cheap", now_s: float = NOW_S) -> CredentialError | None:
    try:
        credential = read_authorization(values)
        assert credential is not None
        verify(credential, mint=Mint(SEED), item=item, now_s=now_s)
    except CredentialError as error:
        return error
    return None


@pytest.mark.parametrize("scheme", ["L402", "l402", "LSAT", "lsat"])
def test_a_paid_token_opens_its_item(scheme: str) -> None:
    assert present(header(scheme=scheme)) is None


def test_upper_case_digits_and_url_safe_unpadded_base64_are_read_too() -> None:
    text = base64.urlsafe_b64encode(encode(TOKEN)).decode().rstrip("=")
    assert present(f"L402  {text}:{PREIMAGE.hex().upper()} ") is None


@pytest.mark.parametrize("values", [(), ("Bearer abc",), ("Basic L402",), ("L402x abc",)])
def test_other_schemes_are_no_credential(values: tuple[str, ...]) -> None:
    assert read_authorization(values) is None


def test_another_scheme_beside_it_does_no_harm() -> None:
    assert present("Bearer abc", header()) is None


@pytest.mark.parametrize(
    "value",
    [
        "L402",
        "L402 ",
        "L402 abc",
        f"L402 :{PREIMAGE.hex()}",
        f"L402 !!!!:{PREIMAGE.hex()}",
        f"L402 A:{PREIMAGE.hex()}",
        header()[:-1],
        header() + "0",
        header().replace(":", "=:"),
        header().replace("L402 ", "L402 AAAA,"),
        header(TOKEN, b"p" * 31),
        f'L402 macaroon="{base64.b64encode(encode(TOKEN)).decode()}", preimage="{PREIMAGE.hex()}"',
        header(mint_macaroon(root_key=bytes(32), location=LOCATION, identifier=b"\x00\x01" + bytes(64))),
        header(mint_macaroon(root_key=bytes(32), location=LOCATION, identifier=bytes(65))),
    ],
)
def test_a_credential_of_another_form_is_malformed(value: str) -> None:
    assert present(value) is Refusal.MALFORMED


def test_stray_bits_at_the_end_of_the_base64_are_malformed() -> None:
    assert "g==:" in header()  # the last digit holds four unused bits
    assert present(header().replace("g==:", "h==:")) is Refusal.MALFORMED


def test_two_credentials_are_malformed_rather_than_one_of_them_chosen() -> None:
    assert present(header(), header()) is Refusal.MALFORMED


def test_a_token_of_another_seller_is_forged() -> None:
    other = Mint(SEED + 1).issue(payment_hash=PAYMENT_HASH, item="cheap", valid_until_s=int(NOW_S) + 600)
    assert present(header(other)) is Refusal.FORGED


def test_a_wrong_preimage_is_unpaid() -> None:
    assert present(header(preimage=PAYMENT_HASH)) is Refusal.UNPAID


def test_a_forged_macaroon_is_not_asked_for_its_preimage() -> None:
    identifier = TokenIdentifier(payment_hash=PAYMENT_HASH, token_id=bytes(32)).encode()
    forged = mint_macaroon(root_key=bytes(32), location=LOCATION, identifier=identifier)
    assert present(header(forged)) is Refusal.FORGED


def test_a_token_for_another_item_and_an_expired_one_are_insufficient() -> None:
    assert present(header(), item="expensive") is Refusal.OTHER_ITEM
    assert present(header(), now_s=NOW_S + 599.9) is None
    assert present(header(), now_s=NOW_S + 600) is Refusal.EXPIRED
    again = {Refusal.OTHER_ITEM, Refusal.OTHER_CAPABILITY, Refusal.EXPIRED, Refusal.SPENT, Refusal.AGAIN}
    assert {refusal for refusal in Refusal if refusal.is_insufficient} == again


@pytest.mark.parametrize(
    ("caveat", "refusal"),
    [
        ("services=cheap:0,expensive:0", Refusal.WIDENED),
        ("services=cheap:1", Refusal.WIDENED),
        ("services=", Refusal.WIDENED),
        (f"cheap_valid_until={int(NOW_S) + 601}", Refusal.WIDENED),
        (f"cheap_valid_until={int(NOW_S) - 1}", Refusal.EXPIRED),
        ("cheap_valid_until=soon", Refusal.MALFORMED),
        ("cheap_valid_until=-1", Refusal.MALFORMED),
        ("cheap_valid_until=" + "9" * 5000, Refusal.MALFORMED),
        ("services=cheap:0", None),
        (f"cheap_valid_until={int(NOW_S) + 1}", None),
        ("expensive_valid_until=1", None),
        ("unknown=condition", None),
        ("no condition at all", None),
        (f"preimage={PREIMAGE.hex()}", None),  # lnget sends its token restricted so after paying
    ],
)
def test_a_caveat_that_the_holder_added_may_only_narrow(caveat: str, refusal: Refusal | None) -> None:
    assert present(header(restrict(TOKEN, caveat))) is refusal


@given(bit=st.integers(min_value=0, max_value=len(encode(TOKEN)) * 8 - 1))
def test_no_bit_of_the_macaroon_may_flip(bit: int) -> None:
    damaged = bytearray(encode(TOKEN))
    damaged[bit // 8] ^= 1 << bit % 8
    assert present(header(bytes(damaged))) in (Refusal.MALFORMED, Refusal.FORGED)


@given(bit=st.integers(min_value=0, max_value=255))
def test_no_bit_of_the_preimage_may_flip(bit: int) -> None:
    damaged = bytearray(PREIMAGE)
    damaged[bit // 8] ^= 1 << bit % 8
    assert present(header(preimage=bytes(damaged))) is Refusal.UNPAID


@given(position=st.integers(min_value=5, max_value=len(header()) - 1), character=st.characters(codec="latin-1"))
def test_no_character_of_the_header_may_change(position: int, character: str) -> None:
    changed = header()[:position] + character + header()[position + 1 :]
    same_digits = changed.translate(str.maketrans("-_", "+/")).split(":")[0] == header().split(":")[0]
    if same_digits and changed.lower() == header().lower():
        return  # another spelling of the same bytes
    assert present(changed) is not None


@given(text=st.text(max_size=200))
def test_any_text_is_refused_with_a_typed_reason_or_is_no_credential(text: str) -> None:
    for value in (text, f"L402 {text}", f"LSAT {text}:{PREIMAGE.hex()}"):
        try:
            refusal = None if read_authorization([value]) is None else "a credential"
        except CredentialError as error:
            refusal = error.refusal
        assert refusal in (None, Refusal.MALFORMED)


@given(payment_hash=st.binary(min_size=32, max_size=32), token_id=st.binary(min_size=32, max_size=32))
def test_the_identifier_is_66_bytes_in_the_order_of_the_l402_text(payment_hash: bytes, token_id: bytes) -> None:
    identifier = TokenIdentifier(payment_hash=payment_hash, token_id=token_id)
    assert identifier.encode() == b"\x00\x00" + payment_hash + token_id
    assert TokenIdentifier.decode(identifier.encode()) == identifier


@given(data=st.binary(max_size=80))
def test_other_identifiers_are_refused(data: bytes) -> None:
    if len(data) == 66 and data[:2] == b"\x00\x00":
        return
    with pytest.raises(IdentifierError):
        TokenIdentifier.decode(data)


def test_the_same_seed_gives_the_same_tokens_and_every_sale_another() -> None:
    one, two = Mint(SEED), Mint(SEED)
    first = one.issue(payment_hash=PAYMENT_HASH, item="cheap", valid_until_s=1)
    assert first == two.issue(payment_hash=PAYMENT_HASH, item="cheap", valid_until_s=1)
    assert first != one.issue(payment_hash=PAYMENT_HASH, item="cheap", valid_until_s=1)

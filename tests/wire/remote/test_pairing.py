"""The pairing string: what is read, and that its token is never shown."""

from __future__ import annotations

import pytest

from mti_addon.wire.errors import BadRequest
from mti_addon.wire.remote.pairing import Pairing, is_loopback, parse_pairing

TOKEN = "Tq0_9-token-of-an-artist_Tq0"
PRINT = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    "text, host, port",
    [
        (f"mti1:render.studio.example:8765#{PRINT}#{TOKEN}", "render.studio.example", 8765),
        (f"  mti1:10.0.0.7:443#{PRINT.upper()}#{TOKEN}\n", "10.0.0.7", 443),
        (f"mti1:[fe80::1]:8765#{PRINT}#{TOKEN}", "fe80::1", 8765),
    ],
)
def test_a_pairing_string_is_read(text: str, host: str, port: int) -> None:
    pairing = parse_pairing(text)
    assert pairing == Pairing(host, port, PRINT, TOKEN)
    assert f"{pairing.address}#" in text and TOKEN not in repr(pairing)


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "pairing_malformed"),
        (f"render:8765#{PRINT}#{TOKEN}", "pairing_malformed"),
        (f"mti1:render:8765#{PRINT[:-1]}#{TOKEN}", "pairing_malformed"),
        (f"mti1:render:8765#{PRINT}#short", "pairing_malformed"),
        (f"mti1:render:8765#{PRINT}#{TOKEN} {TOKEN}", "pairing_malformed"),
        (f"mti1:a b:8765#{PRINT}#{TOKEN}", "pairing_malformed"),
        (f"mti1:user@render:8765#{PRINT}#{TOKEN}", "pairing_malformed"),
        (f"mti2:render:8765#{PRINT}#{TOKEN}", "pairing_newer"),
        (f"mti1:render:0#{PRINT}#{TOKEN}", "pairing_port"),
        (f"mti1:render:65536#{PRINT}#{TOKEN}", "pairing_port"),
    ],
)
def test_anything_else_is_refused_without_repeating_the_token(text: str, code: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_pairing(text)
    assert caught.value.problem.code == code
    assert TOKEN not in str(caught.value.problem) and caught.value.hint


def test_only_this_machine_is_spoken_to_without_encryption() -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "127.8.8.8"):
        assert parse_pairing(f"mti1:{host}:8765##{TOKEN}").is_plain
        assert not parse_pairing(f"mti1:{host}:8765#{PRINT}#{TOKEN}").is_plain
    for host in ("render", "127.0.0.1.example", "10.0.0.1"):
        assert not parse_pairing(f"mti1:{host}:8765##{TOKEN}").is_plain
    for host in ("0.0.0.0", "10.0.0.1", "localhost.example", "127.1.example", "::2"):
        assert not is_loopback(host)

"""`botus login bluesky` on the code that Bluesky's servers run."""

from __future__ import annotations

from pathlib import Path

import pytest

from botus.errors import CredentialsError
from botus.posting.login.bluesky import log_in, server_of
from botus.store.sessions import Sessions

pytestmark = pytest.mark.pds


def test_the_server_is_found_by_what_is_public(pds: dict[str, str]) -> None:
    found = server_of(pds["handle"], resolver=pds["url"], directory=pds["directory"])
    assert found == pds["url"]
    with pytest.raises(CredentialsError, match="there is no account kettel"):
        server_of("kettel.test", resolver=pds["url"], directory=pds["directory"])


def test_an_app_password_is_taken(pds: dict[str, str], tmp_path: Path) -> None:
    account = log_in(pds["handle"], pds["password"], pds["url"], tmp_path)
    assert account.handle == f"@{pds['handle']}"
    assert Sessions(tmp_path).load(f"{pds['handle']} at {pds['url']}")


def test_the_own_password_is_told_by_its_session_whatever_its_form(
    pds: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(CredentialsError, match="this is no app password"):
        log_in(pds["handle"], pds["own"], pds["url"], tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(CredentialsError, match="does not take this app password"):
        log_in(pds["handle"], "wron-wron-wron-wron", pds["url"], tmp_path)

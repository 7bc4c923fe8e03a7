"""Reading the journal of the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_ser.errors import NotPermitted
from edge_ser.service import journal


def test_unreadable_journal_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.require_readable((tmp_path,))
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "system.journal").touch()
    journal.require_readable((tmp_path,))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(NotPermitted, match="usermod -aG systemd-journal"):
        journal.require_readable((tmp_path,))

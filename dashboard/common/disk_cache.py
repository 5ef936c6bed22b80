"""Answers on disk: they survive a restart, and the least recently used go when there are too many.

Whoever reads sees a whole file or none. What cannot be written is not kept, and nothing else
happens: an answer that is lost is computed again.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.io.atomic_write import atomic_path

#: As much as all answers together may take, in bytes.
MOST_BYTES = 500_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cache:
    """A folder of files by name, of limited size."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def get(self, name: str) -> Path | None:
        """The file of a name, or None; it counts as just used."""
        path = self.folder / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def put(self, name: str, content: bytes) -> None:
        """Keep some content under a name."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.folder / name) as beside:
                beside.write_bytes(content)
        except OSError as error:
            log.warning("%s is not kept: %s", name, error)
            return
        self.trim()

    def get_json(self, name: str) -> Any | None:
        """What was kept as JSON, or None; a file that cannot be read is thrown away."""
        path = self.get(name)
        if path is None:
            return None
        try:
            return json.loads(path.read_bytes())
        except (OSError, ValueError):
            path.unlink(missing_ok=True)
            return None

    def put_json(self, name: str, content: Any) -> None:
        """Keep something as JSON."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self.put(name, text.encode())

    def trim(self) -> None:
        """Throw away the least recently used until the rest is small enough."""
        files = []
        for path in self.folder.glob("[!.]*"):
            with contextlib.suppress(OSError):  # another worker may have thrown it away
                found = path.stat()
                files.append((found.st_mtime_ns, found.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

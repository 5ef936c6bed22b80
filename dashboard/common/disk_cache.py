"""A disk cache of limited size; the least recently used files are deleted first.

A reader sees a whole file or none. A failed write is logged and does no harm: an answer that is
lost is computed again.
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
MAX_BYTES = 500_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cache:
    """A folder of files by name, of limited size."""

    folder: Path
    max_bytes: int = MAX_BYTES

    def get(self, name: str) -> Path | None:
        """Return the path of a cached file, or None; the file counts as just used."""
        path = self.folder / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def put(self, name: str, content: bytes) -> None:
        """Store content under a name; a failure is only logged."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with atomic_path(self.folder / name) as temporary:
                temporary.write_bytes(content)
        except OSError as error:
            log.warning("%s is not kept: %s", name, error)
            return
        self.trim()

    def get_json(self, name: str) -> Any | None:
        """Return the JSON stored under a name, or None; delete a file that cannot be read."""
        path = self.get(name)
        if path is None:
            return None
        try:
            return json.loads(path.read_bytes())
        except (OSError, ValueError):
            path.unlink(missing_ok=True)
            return None

    def put_json(self, name: str, content: Any) -> None:
        """Store a value as JSON."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        self.put(name, text.encode())

    def trim(self) -> None:
        """Delete the least recently used files until the rest fits into the limit."""
        files = []
        for path in self.folder.glob("[!.]*"):
            with contextlib.suppress(OSError):  # another worker may have thrown it away
                status = path.stat()
                files.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.max_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size

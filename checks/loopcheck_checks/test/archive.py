"""The reports in the zip file of an artifact, read in memory and within bounds."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

from loopcheck.checker import CannotTell
from loopcheck.reasons import TOO_BIG, UNPARSEABLE

MAX_ENTRIES = 20_000
MAX_FILE = 32 << 20
MAX_ALL = 128 << 20
"""Bytes of all reports of an artifact together, unpacked."""


def xml_files(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Each file of the archive that is named as XML, with its content.

    Raises:
        CannotTell: it is not a zip file, is encrypted or damaged, or unpacks to more than is read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise CannotTell(TOO_BIG, f"artifact {name}: more than {MAX_ENTRIES:,} files")
            wanted = [entry for entry in entries if entry.filename.lower().endswith(".xml") and not entry.is_dir()]
            left = MAX_ALL
            for entry in wanted:
                if entry.flag_bits & 1:
                    raise CannotTell(UNPARSEABLE, f"artifact {name}: it is encrypted")
                with archive.open(entry) as file:
                    # What an archive says of its sizes is not believed.
                    content = file.read(min(MAX_FILE, left) + 1)
                if len(content) > min(MAX_FILE, left):
                    raise CannotTell(TOO_BIG, f"artifact {name}: its reports are larger than loopcheck reads")
                left -= len(content)
                yield entry.filename, content
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise CannotTell(UNPARSEABLE, f"artifact {name}: it is not a zip file that can be read") from None

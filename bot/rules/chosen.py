"""Which folder of packs is in force: the settings', or one that was put in its place.

A small file beside the settings' folder names the other one, so that the choice holds
after a restart, for every process that reads these files, and for just this folder:
whoever names another one in the settings has chosen anew.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from bot.errors import PackError


def pointer(folder: Path) -> Path:
    """Return the file that names which folder is in force in place of one."""
    return folder.parent / f".{folder.name}.in_force"


def in_force(folder: Path) -> Path:
    """Return the folder in force; raises ``PackError`` where one is named in vain."""
    file = pointer(folder)
    try:
        name = file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return folder
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{file}: it cannot be read ({error})") from error
    chosen = folder.parent / name
    if not is_name(name) or not chosen.is_dir():
        message = (
            f"{file}: it names {name[:80]!r}, and there is no such folder beside "
            f"{folder}; put the folder back, or delete this file to return to {folder}"
        )
        raise PackError(message)
    return chosen


def is_name(name: str) -> bool:
    """Whether a folder beside others may be called so."""
    plain = name.replace("-", "").replace(".", "").replace("_", "")
    return plain.isalnum() and name.isascii() and name[0].isalnum()


def choose(folder: Path, name: str) -> None:
    """Put the folder of this name in force in place of the settings' one, or itself.

    Raises ``PackError`` if it cannot be written.
    """
    file = pointer(folder)
    try:
        if name == folder.name:
            file.unlink(missing_ok=True)
            return
        fresh = file.with_name(f"{file.name}.new")
        fresh.write_text(f"{name}\n", encoding="utf-8")
        fresh.replace(file)
    except OSError as error:
        raise PackError(f"{file}: it cannot be written ({error.strerror})") from error


def files_of(folder: Path) -> dict[str, str]:
    """Return a folder's YAML files by their paths in it; raises ``PackError``."""
    try:
        return {
            file.relative_to(folder).as_posix(): file.read_bytes().decode("utf-8")
            for file in sorted(folder.rglob("*.yaml"))
            if not any(part[0] in "._" for part in file.relative_to(folder).parts)
        }
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{folder}: a file cannot be read ({error})") from error


@contextmanager
def unpacked(files: Mapping[str, str], *names: str) -> Iterator[Path]:
    """Lay files into a folder of this name for as long as the block takes."""
    with TemporaryDirectory() as root:
        folder = Path(root, *names)
        _write(folder, files)
        yield folder


def put_beside(folder: Path, name: str, files: Mapping[str, str]) -> None:
    """Lay files into a new folder beside one, whole or not at all.

    One that is there already must hold just these files. Raises ``PackError``.
    """
    target = folder.parent / name
    if target.exists():
        if files_of(target) != dict(files):
            message = f"{target}: it is there already and holds other files"
            raise PackError(message)
        return
    try:
        fresh = Path(mkdtemp(prefix=".new-", dir=folder.parent))
        try:
            fresh.chmod(folder.stat().st_mode)
            _write(fresh, files)
            fresh.rename(target)
        finally:
            with suppress(OSError):
                shutil.rmtree(fresh)
    except OSError as error:
        message = (
            f"{target}: it cannot be written ({error.strerror}); let the program write "
            "there, or put the files there by hand"
        )
        raise PackError(message) from error


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())

"""Whether something may be written, and how it appears: the same policy for everything that is written.

A file that exists is replaced only on request; a folder, a device or a pipe never is. What is written
appears whole: it is written beside its place, synced, and renamed. What lies beside an output is opened without
following links, so that nobody who can write to that folder chooses what is overwritten.
"""

import errno
import os
import re
import secrets
import shutil
import stat
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from .errors import InputError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

WRITING = ".writing"
"""How the names end of what is being written."""
NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0)
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)
"""What a file system answers that knows no hard links."""


def cannot_write(path: Path, why: str | OSError, doing: str = "write") -> InputError:
    """Return the error that states why nothing can be written to `path`."""
    reason = why if isinstance(why, str) else why.strerror or str(why)
    return InputError(f"cannot {doing} to '{path}': {reason}")


def exists(path: Path, doing: str = "write") -> bool:
    """Return whether there is anything at `path`, be it a link to nothing."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise cannot_write(path, error, doing) from None
    return True


def check_folder(path: Path, doing: str = "write") -> None:
    """Raise InputError if no file can be made beside `path`, which is tried; nothing is left there."""
    if not path.parent.is_dir():
        raise cannot_write(path, f"there is no folder '{path.parent}'", doing)
    with _beside(path, doing) as part, part.open("wb") as file:
        file.write(bytes(4096))


def check_file(path: Path, overwrite: bool = False, endings: Sequence[str] = (), doing: str = "write") -> None:
    """Raise InputError, before anything is computed, if `path` cannot be written to or holds a file to be kept."""
    if endings and path.suffix.lower() not in endings:
        raise cannot_write(path, f"expected a name that ends in {', '.join(endings)}", doing)
    if exists(path, doing):
        if path.is_dir():
            raise cannot_write(path, "it is a folder", doing)
        if path.exists() and not path.is_file():
            raise cannot_write(path, "it is no regular file", doing)
        if not overwrite:
            why = "it exists already; overwrite it with --overwrite (overwrite=True in Python)"
            raise cannot_write(path, why, doing)
    check_folder(path, doing)


@contextmanager
def _beside(path: Path, doing: str) -> Generator[Path, None, None]:
    """Yield a new empty file beside `path` under a name that nobody can foresee; it is removed if it is still there."""
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}{WRITING}")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NOT_FOLLOWED, 0o666))
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error, doing) from None


@contextmanager
def replacing(path: Path, overwrite: bool = True, doing: str = "write") -> Generator[Path, None, None]:
    """Yield an empty file to write to, which is synced at the end and becomes `path` at once.

    Without `overwrite` a file that has appeared there meanwhile is an error.
    """
    with _beside(path, doing) as part:
        yield part
        sync(part)
        if overwrite:
            os.replace(part, path)
        else:
            _rename_to_free(part, path)
        sync(path.parent)


def _rename_to_free(part: Path, path: Path) -> None:
    try:
        os.link(part, path)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        if exists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.replace(part, path)


def write_folder(files: Mapping[str, bytes], path: Path) -> None:
    """Write files to the folder `path`, which appears whole or not at all, in place of one that is there."""
    made, old = (path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}{WRITING}") for _ in range(2))
    try:
        made.mkdir()
        for name, content in files.items():
            (made / name).write_bytes(content)
            sync(made / name)
        if exists(path):
            path.rename(old)
        made.rename(path)
        sync(path.parent)
    except OSError as error:
        if exists(old) and not exists(path):
            old.rename(path)
        raise cannot_write(path, error) from None
    finally:
        for folder in (made, old):
            shutil.rmtree(folder, ignore_errors=True)


def sync(path: Path) -> None:
    """Have what was written to a file, or renamed in a folder, on the disk."""
    if path.is_dir() and os.name == "nt":  # which opens no folders
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EROFS):  # file systems that do not sync
            raise
    finally:
        os.close(handle)


def _hold(handle: int) -> None:
    """Lock an open file until it is closed or this process ends; raise BlockingIOError if another process holds it."""
    if fcntl is not None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    import msvcrt

    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # ty: ignore[missing-attribute]  # of Windows alone
    except OSError as error:
        raise BlockingIOError(*error.args) from None


def _open_lock(path: Path, file: Path) -> int:
    """Return the lock file of `path`, open; raise InputError for a file that this program did not make."""
    try:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | NOT_FOLLOWED, 0o666)
    except OSError as error:
        if os.path.islink(file):
            raise cannot_write(path, f"'{file}' is a link, remove it") from None
        raise cannot_write(path, error) from None
    about, content = os.fstat(handle), os.pread(handle, 64, 0) if hasattr(os, "pread") else b""
    if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1 or content.strip(b"0123456789\n"):
        os.close(handle)
        raise cannot_write(path, f"'{file}' is no lock of this program, remove it")
    return handle


@contextmanager
def locked(path: Path) -> Generator[None, None, None]:
    """Hold the lock of the output at `path`; raise InputError at once if another process holds it.

    The lock ends with the process that holds it, however it ends. What a process that was killed was writing beside
    `path` is removed.
    """
    file = path.with_name(f".{path.name}.lock")
    while True:
        handle = _open_lock(path, file)
        try:
            _hold(handle)
        except BlockingIOError:
            holder = os.read(handle, 64).decode(errors="replace").strip()
            os.close(handle)
            raise InputError(f"another process{f' ({holder})' if holder else ''} is writing to '{path}'") from None
        except OSError as error:
            os.close(handle)
            raise InputError(f"cannot lock '{file}', which needs a file system with locks: {error.strerror}") from None
        with suppress(FileNotFoundError):
            if os.fstat(handle).st_ino == os.stat(file).st_ino:
                break
        os.close(handle)  # the process that held it has removed the file meanwhile
    try:
        os.ftruncate(handle, 0)
        with suppress(OSError):  # a full disk: the lock holds without the number
            os.write(handle, str(os.getpid()).encode())
        own = re.escape(f".{path.name[:100]}.") + r"[0-9a-f]{8}" + re.escape(WRITING)
        for name in os.listdir(path.parent):
            if re.fullmatch(own, name):
                path.with_name(name).unlink(missing_ok=True)
        yield
    finally:
        with suppress(OSError):  # Windows removes no open file
            file.unlink(missing_ok=True)
        os.close(handle)

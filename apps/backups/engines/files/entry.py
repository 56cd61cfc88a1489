"""One thing in a folder, as a tar carries it: what it is called, whose it is, and what it holds."""

import hashlib
import os
import stat
import tarfile
from dataclasses import dataclass, field, replace
from typing import Self

from apps.backups.engines.differences import Parts

ATTRIBUTE = "SCHILY.xattr."  # how GNU tar and libarchive call extended attributes
NANOSECONDS = 10**9
DIGEST_BYTES = 16
KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "symbolic link",
    tarfile.LNKTYPE: "hard link",
}
TYPES = {kind: type_ for type_, kind in KINDS.items()}
FORMATS = {"folder": stat.S_IFDIR, "symbolic link": stat.S_IFLNK}


@dataclass(frozen=True)
class Entry:
    """A file, a folder, a symbolic link, or a further name of a file."""

    path: str
    kind: str
    mode: int
    user_id: int
    group_id: int
    user: str
    group: str
    modified_nanoseconds: int
    size_bytes: int = 0
    target: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    @property
    def folder(self) -> str:
        """The folder that holds it; a folder holds itself."""
        return self.path if self.kind == "folder" else self.path.rpartition("/")[0] or "."

    @property
    def parts(self) -> Parts:
        """What may differ, each by its name."""
        parts = {
            "mode": stat.filemode(self.mode),
            "owner": f"{self.user}({self.user_id}):{self.group}({self.group_id})",
            "time_of_change": str(self.modified_nanoseconds),
            "target": printable(self.target),
            "attributes": repr(sorted(self.attributes.items())) if self.attributes else "",
            "content": f"{self.size_bytes} {self.sha256}" if self.kind == "file" else "",
        }
        return {name: part for name, part in parts.items() if part}

    @property
    def digest(self) -> int:
        """A number that stands for all of it, to be added to those of others."""
        text = repr((self.path, self.kind, sorted(self.parts.items()))).encode(errors="surrogateescape")
        return int.from_bytes(hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest())

    def holding(self, sha256: str) -> Self:
        """The same with what was read of it."""
        return replace(self, sha256=sha256)

    def as_member(self) -> tarfile.TarInfo:
        """Its header in a tar, with the time to the nanosecond and extended attributes as PAX keeps them."""
        member = tarfile.TarInfo(self.path)
        member.type = TYPES[self.kind]
        member.mode = stat.S_IMODE(self.mode)
        member.uid, member.gid, member.uname, member.gname = self.user_id, self.group_id, self.user, self.group
        member.size, member.linkname = self.size_bytes, self.target
        named = {ATTRIBUTE + name: value for name, value in self.attributes.items()}
        member.pax_headers = {"mtime": format_seconds(self.modified_nanoseconds), **named}
        return member

    @classmethod
    def from_member(cls, member: tarfile.TarInfo) -> Self:
        """What a tar says of it, without its content."""
        kind = KINDS.get(member.type, "special file")
        headers = member.pax_headers
        return cls(
            path=member.name,
            kind=kind,
            mode=FORMATS.get(kind, stat.S_IFREG) | member.mode,
            user_id=member.uid,
            group_id=member.gid,
            user=member.uname,
            group=member.gname,
            size_bytes=member.size if kind == "file" else 0,
            modified_nanoseconds=parse_seconds(headers.get("mtime", str(member.mtime))),
            target=member.linkname,
            attributes={
                name.removeprefix(ATTRIBUTE): value for name, value in headers.items() if name.startswith(ATTRIBUTE)
            },
        )


def printable(path: str) -> str:
    """A path for JSON and for people: bytes that are no UTF-8 are written out."""
    return os.fsencode(path).decode(errors="backslashreplace")


def format_seconds(nanoseconds: int) -> str:
    """Seconds as PAX writes them, exactly."""
    sign = "-" if nanoseconds < 0 else ""
    seconds, rest = divmod(abs(nanoseconds), NANOSECONDS)
    return f"{sign}{seconds}.{rest:09d}"


def parse_seconds(text: str) -> int:
    """The same in nanoseconds."""
    sign = -1 if text.startswith("-") else 1
    seconds, _, rest = text.lstrip("-").partition(".")
    return sign * (int(seconds) * NANOSECONDS + int(rest.ljust(9, "0")[:9]))

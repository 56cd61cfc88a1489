"""One object on its way into a bucket: in parts, each with its checksum, and seen by nobody until all are there."""

import hashlib
import io
from base64 import b64encode
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any

import structlog
from botocore.exceptions import BotoCoreError, ClientError

from apps.backups.engines.parts import MIB, Part, planned_bytes

from .bucket import Bucket
from .errors import code_of, translated

logger = structlog.get_logger(__name__)
IN_FLIGHT = 2  # parts held in memory beside the one that is being filled
IN_MEMORY_BYTES = 32 * MIB  # a larger part waits on the disk


class Upload(io.RawIOBase):
    """A file that is sent while it is written. `publish` makes it an object, `abort` forgets it."""

    def __init__(self, client: Any, bucket: Bucket, key: str, *, once: bool, options: dict[str, Any]) -> None:
        super().__init__()
        self.parts: list[Part] = []
        self._client, self._bucket, self._key = client, bucket, key
        self._where = {"Bucket": bucket.name, "Key": bucket.prefix + key}
        self._condition = {"IfNoneMatch": "*"} if once else {}
        self._options = options
        self._upload_id = ""
        self._pool = ThreadPoolExecutor(max_workers=IN_FLIGHT, thread_name_prefix="upload")
        self._sent: deque[Future[Part]] = deque()
        self._etags: dict[int, str] = {}
        self._number = 1
        self._body, self._room = _new_body(), planned_bytes(1)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Take the bytes, and send a part whenever one is full."""
        view = memoryview(data).cast("B")
        written = 0
        while written < len(view):
            taken = self._body.write(view[written : written + self._room])
            written += taken
            self._room -= taken
            if self._room == 0:
                self._send()
        return written

    def publish(self) -> str:
        """Make it an object, and return its checksum. Raises StorageFailed."""
        with translated(self._bucket, self._key):
            if self._upload_id:
                if self._body.tell():
                    self._send()
                self._collect(left=0)
                self._complete()
            else:
                self._put()
        self._pool.shutdown()
        self._body.close()
        return self.checksum

    def abort(self) -> None:
        """Forget what was sent. What cannot be forgotten now, the sweep of unfinished uploads takes later."""
        self._pool.shutdown(cancel_futures=True)  # a part that arrives after the end would stay
        self._body.close()
        if not self._upload_id:
            return
        try:
            self._client.abort_multipart_upload(**self._where, UploadId=self._upload_id)
        except (ClientError, BotoCoreError) as error:
            logger.warning("upload_not_aborted", key=self._key, error=type(error).__name__)

    @property
    def size_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)

    @property
    def checksum(self) -> str:
        """What S3 gives back: of one piece its SHA-256, of parts the SHA-256 of theirs."""
        if not self._upload_id:
            return _base64(self.parts[0].sha256)
        digests = b"".join(bytes.fromhex(part.sha256) for part in self.parts)
        return _base64(hashlib.sha256(digests).hexdigest())

    def _send(self) -> None:
        with translated(self._bucket, self._key):
            if not self._upload_id:
                started = self._client.create_multipart_upload(
                    **self._where, ChecksumAlgorithm="SHA256", **self._options
                )
                self._upload_id = started["UploadId"]
            self._sent.append(self._pool.submit(self._send_part, self._number, self._body))
            self._number += 1
            self._body, self._room = _new_body(), planned_bytes(self._number)
            self._collect(left=IN_FLIGHT)

    def _collect(self, *, left: int) -> None:
        while len(self._sent) > left or (self._sent and self._sent[0].done()):
            self.parts.append(self._sent.popleft().result())

    def _send_part(self, number: int, body: SpooledTemporaryFile[bytes]) -> Part:
        with body:
            part, checksum = _measured(body)
            answer = self._client.upload_part(
                **self._where, UploadId=self._upload_id, PartNumber=number, Body=body, ChecksumSHA256=checksum
            )
            self._etags[number] = answer["ETag"]
            return part

    def _complete(self) -> None:
        listed = [
            {"PartNumber": number, "ETag": self._etags[number], "ChecksumSHA256": _base64(part.sha256)}
            for number, part in enumerate(self.parts, start=1)
        ]
        try:
            self._client.complete_multipart_upload(
                **self._where, UploadId=self._upload_id, MultipartUpload={"Parts": listed}, **self._condition
            )
        except ClientError as error:
            if code_of(error) != "NoSuchUpload":  # an earlier attempt, whose answer was lost, completed it
                raise

    def _put(self) -> None:
        with self._body as body:
            part, checksum = _measured(body)
            self.parts.append(part)
            self._client.put_object(
                **self._where,
                Body=body,
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=checksum,
                **self._options,
                **self._condition,
            )


def _new_body() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


def _measured(body: SpooledTemporaryFile[bytes]) -> tuple[Part, str]:
    """The part, and its checksum as S3 writes it. The body stands at its beginning afterwards."""
    body.seek(0)
    digest = hashlib.file_digest(body, "sha256")
    part = Part(size_bytes=body.tell(), sha256=digest.hexdigest())
    body.seek(0)
    return part, b64encode(digest.digest()).decode()


def _base64(hexadecimal: str) -> str:
    return b64encode(bytes.fromhex(hexadecimal)).decode()

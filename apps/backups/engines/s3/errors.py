"""What a bucket refuses, in a sentence that says what to do. None holds a key or a token."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError

from apps.backups.exceptions import ObjectExists, ObjectMissing, StorageFailed
from apps.common.exceptions import OperationError

from .bucket import Bucket

DENIED = "{bucket} refuses this to its access key ({code}). Allow it there to write, read and list below its prefix."
EXPIRED = "The credentials for {bucket} have expired ({code}). Give the storage new ones."
UNKNOWN_KEY = "{bucket} does not know the access key, or its secret is another one ({code}). Enter both again."
FULL = "{bucket} is full or over its quota ({code}). Make room there, or raise the quota."
SKEWED = "The clock of this machine differs too much from that of {bucket}. Set it, such as by NTP."
BUSY = "{bucket} is busy and answered none of several attempts ({code}). It is tried again later."
SENTENCES = {
    "NoSuchBucket": "There is no such bucket: {bucket}. Make it, or correct its name, region or endpoint.",
    "AccessDenied": DENIED,
    "AllAccessDisabled": DENIED,
    "AccountProblem": DENIED,
    "403": DENIED,
    "401": DENIED,
    "ExpiredToken": EXPIRED,
    "ExpiredTokenException": EXPIRED,
    "InvalidToken": EXPIRED,
    "TokenRefreshRequired": EXPIRED,
    "InvalidAccessKeyId": UNKNOWN_KEY,
    "SignatureDoesNotMatch": UNKNOWN_KEY,
    "AuthorizationHeaderMalformed": "{bucket} is in another region. Correct the region of the storage.",
    "PermanentRedirect": "{bucket} is in another region. Correct the region of the storage.",
    "301": "{bucket} is in another region. Correct the region of the storage.",
    "RequestTimeTooSkewed": SKEWED,
    "QuotaExceeded": FULL,
    "XMinioStorageFull": FULL,
    "XMinioAdminBucketQuotaExceeded": FULL,
    "InsufficientStorage": FULL,
    "InsufficientCapacity": FULL,
    "507": FULL,
    "SlowDown": BUSY,
    "ServiceUnavailable": BUSY,
    "503": BUSY,
    "InvalidObjectState": "{bucket} has moved this into an archive ({code}). Restore it there, and end that rule.",
    "BadDigest": "{bucket} got other bytes than were sent ({code}). Look at the network between; it is tried again.",
    "XAmzContentChecksumMismatch": "{bucket} got other bytes than were sent ({code}). Look at the network between.",
}
CONNECTIONS: list[tuple[type[BotoCoreError], str]] = [
    (boto.SSLError, "The certificate of {bucket} is not trusted: it expired, or is of another name or authority."),
    (boto.NoCredentialsError, "There are no credentials for {bucket}. Enter a key, or give the worker a role."),
    (boto.PartialCredentialsError, "The access key of {bucket} has no secret. Enter both."),
    (boto.CredentialRetrievalError, "The worker's role gave no credentials for {bucket}. Look at the role."),
    (boto.ConnectTimeoutError, "{bucket} did not answer in time. Look at the endpoint, the network and its firewalls."),
    (boto.ReadTimeoutError, "{bucket} stopped answering in the middle. It is tried again later."),
    (boto.EndpointConnectionError, "{bucket} cannot be reached. Look at the endpoint, its name and the network."),
    (boto.ParamValidationError, "{bucket} cannot be named so. Correct the name of the bucket or its prefix."),
]
MISSING = {"NoSuchKey", "NoSuchVersion", "404"}
EXISTING = {"PreconditionFailed", "ConditionalRequestConflict", "412"}


@contextmanager
def translated(bucket: Bucket, key: str = "") -> Iterator[None]:
    """Raise StorageFailed, ObjectMissing or ObjectExists for what the client raises."""
    try:
        yield
    except ClientError as error:
        raise refusal(bucket, key, code_of(error), str(error.response.get("Error", {}).get("Message", ""))) from error
    except BotoCoreError as error:
        raise _broken_connection(bucket, error) from error


def code_of(error: ClientError) -> str:
    """What S3 calls it, or the status where it says nothing."""
    answer = error.response
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", "")
    return str(answer.get("Error", {}).get("Code") or status)


def refusal(bucket: Bucket, key: str, code: str, message: str) -> StorageFailed:
    """The failure that a code stands for."""
    if code in MISSING:
        return ObjectMissing(f"{key} is not in {bucket}")
    if code in EXISTING:
        return ObjectExists(f"{key} is in {bucket} already, with other bytes. Nothing is written over.")
    sentence = SENTENCES.get(code)
    if sentence is None:
        return StorageFailed(f"{_capital(bucket)} refused: {message or code} ({code}).")
    return StorageFailed(_sentence(sentence, bucket, code))


def _broken_connection(bucket: Bucket, error: BotoCoreError) -> StorageFailed:
    refused = error.__context__
    if isinstance(refused, OperationError):  # an address that must not be dialled
        return StorageFailed(f"{_capital(bucket)} is not asked: {refused.message}")
    for kind, sentence in CONNECTIONS:
        if isinstance(error, kind):
            return StorageFailed(_sentence(sentence, bucket, ""))
    return StorageFailed(f"The connection to {bucket} broke ({type(error).__name__}). It is tried again later.")


def _sentence(sentence: str, bucket: Bucket, code: str) -> str:
    words = sentence.format(bucket=bucket, code=code)
    return words[0].upper() + words[1:]


def _capital(bucket: Bucket) -> str:
    words = str(bucket)
    return words[0].upper() + words[1:]

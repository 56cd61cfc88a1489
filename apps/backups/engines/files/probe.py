"""Tests whether a folder, or a prefix of a bucket, can be backed up here."""

import os
from datetime import datetime

from apps.backups.engines.probe import Line, fine, missing
from apps.backups.exceptions import AddressInvalid, SourceUnreachable

from .bucket_source import BucketSource
from .source import FilesSource, files_source

READING = "Allow its access key s3:ListBucket on the bucket and s3:GetObject below the prefix."


def probe_files(url: str, at: datetime) -> list[Line]:
    """Look at the source as a backup would, but not at all of it: that would take as long as the backup."""
    try:
        source = files_source(url)
    except AddressInvalid as error:
        return [missing("address", error.message)]
    return [_look_at_bucket(source) if isinstance(source, BucketSource) else _look_at_folder(source)]


def _look_at_folder(source: FilesSource) -> Line:
    root = source.root
    if not root.is_dir():
        return missing("folder", f"{root} is no folder, or is not there.", "Mount it on the worker.")
    if not os.access(root, os.R_OK | os.X_OK):
        return missing("folder", f"{root} may not be read.", "Let the worker's user read everything in it.")
    return fine("folder", f"{root} is a folder that this machine may read.")


def _look_at_bucket(source: BucketSource) -> Line:
    try:
        source.look()
    except SourceUnreachable as error:
        return missing("bucket", error.message, READING)
    return fine("bucket", f"The bucket {source.address.bucket} lists and gives what is below the prefix.")

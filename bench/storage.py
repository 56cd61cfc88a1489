"""Streams of several sizes into a folder and into a bucket of S3 (moto, in a process of its own): time and memory.

bench/storage.py [--size-mb 200 1000]
"""

import argparse
import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.backups.engines.s3.bucket import Bucket
from apps.backups.engines.s3.storage import S3Storage
from apps.backups.engines.storage import LocalStorage

CHUNK = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size-mb", type=int, nargs="+", default=[200, 1000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, bucket_server(folder) as endpoint_url:
        for size_mb in options.size_mb:
            for name in ("folder", "bucket"):
                _, seconds, peak_mb = in_child(store, name, folder, endpoint_url, size_mb)
                speed = f"{seconds:.1f} s, {size_mb / seconds:.0f} MB/s"
                print(f"{name}, {size_mb} MB: {speed}, peak memory {peak_mb:.0f} MB (goal 150)", flush=True)
                _, seconds, peak_mb = in_child(fetch, name, folder, endpoint_url, size_mb)
                print(f"  and back: {seconds:.1f} s, peak memory {peak_mb:.0f} MB", flush=True)


def opened(name: str, folder: str, endpoint_url: str) -> LocalStorage | S3Storage:
    if name == "folder":
        return LocalStorage(Path(folder) / "storage")
    return S3Storage(
        Bucket(
            name="bench",
            endpoint_url=endpoint_url,
            access_key_id="a" * 20,
            secret_access_key="b" * 20,
            allowed=[ip_network("127.0.0.0/8")],
        )
    )


def store(name: str, folder: str, endpoint_url: str, size_mb: int) -> None:
    storage = opened(name, folder, endpoint_url)
    if isinstance(storage, S3Storage):
        storage.client.create_bucket(Bucket="bench")
    chunk = os.urandom(CHUNK)
    with storage.write(f"shop/{size_mb}/dump") as file:
        for _ in range(size_mb * 1_000_000 // CHUNK):
            file.write(chunk)


def fetch(name: str, folder: str, endpoint_url: str, size_mb: int) -> None:
    with tempfile.TemporaryDirectory() as target:
        opened(name, folder, endpoint_url).fetch(f"shop/{size_mb}/dump", Path(target))
    opened(name, folder, endpoint_url).delete(f"shop/{size_mb}")


@contextmanager
def bucket_server(folder: str):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-p", str(port)]
    own = {**os.environ, "TMPDIR": folder}  # where it keeps what it is sent
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=own)
    try:
        endpoint_url = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urlopen(f"{endpoint_url}/moto-api/").close()
                break
            except OSError:
                time.sleep(0.1)
        yield endpoint_url
    finally:
        server.kill()
        server.wait()


def in_child(function, *arguments):
    """The result, the seconds and the peak memory in MB of a function, run in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(measured, (function, *arguments))


def measured(function, *arguments):
    started = time.monotonic()
    result = function(*arguments)
    return result, time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()

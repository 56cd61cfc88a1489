"""Import of roadmaps, against a bare markdown-it-py parse of the same text in the same run.

bench/import_roadmap.py [--largest-mb 5]
"""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

from markdown_it import MarkdownIt

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.common.postgresql.binaries import newest_server_installation
from apps.common.postgresql.throwaway import throwaway_server
from apps.roadmap.engines.parser import parse_document
from apps.roadmap.engines.source import Limits

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT.parent / "shared" / "seeds"
SAMPLES = ROOT / "samples" / "roadmaps"
UNLIMITED = Limits(size_bytes=2**62, blocks=2**62)
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest-mb", type=float, default=5)
    options = parser.parse_args()
    documents = read_documents()
    size_kb = sum(map(len, documents.values())) / 1e3
    print(f"{len(documents)} documents, {size_kb:.0f} KB")
    compare_parsing(list(documents.values()))
    time_imports(documents)
    show_linearity(b"\n\n".join(documents.values()), options.largest_mb)


def read_documents() -> dict[str, bytes]:
    """The five real documents where they are; else the sample, five times under names of its own."""
    files = sorted(SEEDS.glob("*.txt")) if SEEDS.is_dir() else []
    if files:
        return {file.name: file.read_bytes() for file in files}
    (sample,) = SAMPLES.glob("*.md")
    return {f"{number}.md": sample.read_bytes() for number in range(5)}


def compare_parsing(raws: list[bytes]) -> None:
    """Reading into entries beside bare parsing, the best of several rounds each."""
    peer = MarkdownIt("commonmark").enable("table")
    ours = best(lambda: [parse_document(raw) for raw in raws])
    bare = best(lambda: [peer.parse(raw.decode()) for raw in raws])
    print(f"parse       {ours * 1e3:8.0f} ms   markdown-it-py {bare * 1e3:8.0f} ms   ratio {ours / bare:.2f}")


def time_imports(documents: dict[str, bytes]) -> None:
    """The whole import: rows, history, audit trail, and the export it is checked by."""
    with throwaway_server(newest_server_installation()) as server:
        server.create_database("bench")
        prepare_django(server.connection_url("bench"))
        from apps.catalog.services import ensure_service
        from apps.roadmap.services.importing import import_document

        service = ensure_service(slug="bench")
        # The first import of a process also pays for what Django prepares once.
        import_document(service=service, name="warm", raw=b"# Warm\n- [ ] up\n")
        for words, prefix in (("import", b""), ("re-import, every line moved", b"\n")):
            started, cpu = time.perf_counter(), time.process_time()
            for name, raw in documents.items():
                import_document(service=service, name=name, raw=prefix + raw)
            took, cpu = time.perf_counter() - started, time.process_time() - cpu
            print(
                f"{words:28} {took * 1e3:6.0f} ms, of which {cpu * 1e3:.0f} ms in this process (goal for five: 1000 ms)"
            )
        close_connections()


def prepare_django(database_url: str) -> None:
    os.environ |= {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
    os.environ.setdefault("SECRET_KEY", secrets.token_hex(32))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def close_connections() -> None:
    from django.db import connections

    connections.close_all()


def show_linearity(text: bytes, largest_mb: float) -> None:
    """Time for a megabyte at growing sizes: level when the parser is linear."""
    peer = MarkdownIt("commonmark").enable("table")
    for size_mb in (largest_mb / 16, largest_mb / 8, largest_mb / 4, largest_mb / 2, largest_mb):
        raw = (text * (int(size_mb * 1e6) // len(text) + 1))[: int(size_mb * 1e6)]
        raw = raw[: raw.rindex(b"\n") + 1]
        ours = best(lambda raw=raw: parse_document(raw, UNLIMITED), rounds=1)
        bare = best(lambda raw=raw: peer.parse(raw.decode()), rounds=1)
        print(f"{size_mb:6.2f} MB   {ours:6.2f} s   {ours / size_mb:5.2f} s/MB   ratio {ours / bare:.2f}")


def best(measured: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The shortest of several runs, in seconds of this process: other work on the machine does not count."""
    times = []
    for _ in range(rounds):
        started = time.process_time()
        measured()
        times.append(time.process_time() - started)
    return min(times)


if __name__ == "__main__":
    main()

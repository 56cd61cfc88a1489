"""Facts as the verifier names them: the report is a JSON object of them."""

from apps.evidence.engines.reading import Reading, read_json, require_object


def read(report: bytes) -> Reading:
    """The facts as they stand; the verifier's schema decides whether they are any."""
    return Reading(require_object(read_json(report), "The report"))

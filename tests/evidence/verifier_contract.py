"""What every verifier promises. Subclass it with a fixture `verifier`, and one `seen` environment if it needs rows."""

import re
from datetime import timedelta
from typing import Any

import jsonschema
import pytest

from apps.common.clock import now
from apps.evidence.contract import CannotObserve, Context, Observation, Trust, Verifier
from apps.evidence.judge import Verdict, check_rule, judge
from apps.evidence.models import ObservationRecord
from apps.evidence.services import CLOCK_SKEW, collect, record_observation
from apps.evidence.validation import facts_of_rule


def example(schema: dict[str, Any]) -> Any:
    """A value that conforms to the schema."""
    if "enum" in schema or "const" in schema:
        return schema.get("enum", [schema.get("const")])[0]
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][0]
    if kind == "object":
        return {name: example(inner) for name, inner in schema.get("properties", {}).items()}
    if kind in {"number", "integer"}:
        return schema.get("minimum", schema.get("maximum", 0))
    return {"string": "x" * max(1, schema.get("minLength", 1)), "boolean": True, "array": [], "null": None}[kind]


def look(verifier: Verifier, environment: Any) -> Observation | CannotObserve:
    """What the verifier sees in the environment, or why it cannot."""
    try:
        return verifier.collect(Context(environment=environment, now=now()), {})
    except CannotObserve as error:
        return error


class VerifierContract:
    """Tests that a verifier passes before anybody trusts it."""

    def test_its_key_names_its_app_and_its_version_is_semantic(self, verifier: Verifier) -> None:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", verifier.key)
        assert re.fullmatch(r"\d+\.\d+\.\d+", verifier.version)
        assert verifier.title
        assert verifier.trust in Trust

    def test_its_schemas_are_valid_and_closed(self, verifier: Verifier) -> None:
        for schema in (verifier.facts_schema, verifier.parameters_schema):
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
            assert schema["additionalProperties"] is False

    def test_its_evidence_never_counts_longer_than_allowed(self, verifier: Verifier) -> None:
        assert timedelta(0) < verifier.default_ttl <= verifier.longest_ttl

    def test_its_own_rule_is_well_formed_and_looks_at_its_own_facts(self, verifier: Verifier) -> None:
        check_rule(verifier.default_rule)
        assert facts_of_rule(verifier.default_rule) <= set(verifier.facts_schema["properties"])

    def test_its_own_rule_decides_facts_that_conform(self, verifier: Verifier) -> None:
        facts = example(dict(verifier.facts_schema))
        jsonschema.validate(facts, verifier.facts_schema)
        assert judge(facts, verifier.default_rule).verdict is not Verdict.UNDECIDED

    def test_no_facts_never_pass(self, verifier: Verifier) -> None:
        assert judge({}, verifier.default_rule).verdict is not Verdict.PASSING

    def test_each_of_its_phrases_suggests_it(self, verifier: Verifier) -> None:
        for phrase in verifier.phrases:
            words = phrase.replace("~", "of our").replace("*", "s")
            assert verifier.suggest(f"Before launch, {words} are proven.") is not None, phrase

    def test_words_about_something_else_do_not_suggest_it(self, verifier: Verifier) -> None:
        assert verifier.suggest("The office has good coffee.") is None

    @pytest.mark.django_db
    def test_it_observes_or_says_in_a_sentence_why_it_cannot(self, verifier: Verifier, environment: Any) -> None:
        at = now()
        observation = look(verifier, environment)
        if isinstance(observation, CannotObserve):
            assert observation.message.endswith(".")
            return
        assert observation.observed_at <= at + CLOCK_SKEW
        assert observation.summary
        jsonschema.validate(dict(observation.facts), verifier.facts_schema)

    @pytest.mark.django_db
    def test_the_same_observation_is_recorded_once(self, verifier: Verifier, environment: Any) -> None:
        observation = look(verifier, environment)
        if isinstance(observation, CannotObserve):
            observation = Observation(facts={}, observed_at=now(), subject="x", error=observation.message)
        about = {"environment": environment, "key": verifier.key, "observation": observation}
        assert record_observation(**about) == record_observation(**about)
        assert ObservationRecord.objects.count() == 1

    @pytest.mark.django_db
    def test_asking_it_never_raises(self, verifier: Verifier, environment: Any) -> None:
        record = collect(environment=environment, key=verifier.key)
        assert record is None or bool(record.error) != bool(record.facts)

    @pytest.mark.django_db
    def test_a_question_that_it_does_not_know_becomes_an_error(self, verifier: Verifier, environment: Any) -> None:
        record = collect(environment=environment, key=verifier.key, parameters={"no such parameter": 1})
        assert record is None or (record.error and record.facts == {})

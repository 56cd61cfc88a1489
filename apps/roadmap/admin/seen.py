"""Forms that remember which version of an entry a person sees, so that nobody overwrites what they never saw."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from apps.common.numbers import read_number
from apps.roadmap.selectors.versions import FieldChange, changes_since, newest_version, values_at

VERSION = "version"


class SeenForm(forms.ModelForm):
    """Carries the version that is shown. When somebody else saved meanwhile, the second person is told.

    What this person did not touch takes the values of today; what they did touch is kept in the form, with an error
    that says who changed what. Saving again is then done knowingly.
    """

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._overtaken_by = ""
        if self.instance.pk:
            self.initial[VERSION] = _version_of(self.instance)

    @property
    def changed_data(self) -> list[str]:
        """The version is no change of its own."""
        return [name for name in super().changed_data if name != VERSION]

    def has_changed(self) -> bool:
        return bool(self.changed_data)

    def full_clean(self) -> None:
        if self.is_bound and self.instance.pk:
            self._look_for_others()
        super().full_clean()

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self._overtaken_by:
            raise ValidationError(self._overtaken_by, code="overtaken")
        return cleaned

    def _look_for_others(self) -> None:
        newest = newest_version(self.instance)
        seen = read_number(self._posted(VERSION))
        if seen is None or seen == newest:
            return
        held = values_at(self.instance, seen)
        changes, people = changes_since(self.instance, seen)
        changes = [change for change in changes if change.name in self.fields]
        if held is None or not changes:
            return
        posted = self.data = cast(QueryDict, self.data).copy()
        touched = {name for name in self.fields if name in held and self._is_touched(name, held[name])}
        for change in changes:
            if change.name not in touched:
                self._take(change.name, posted)
        posted[self.add_prefix(VERSION)] = str(newest)
        if touched:
            self._overtaken_by = _sentence(people, changes)

    def _posted(self, name: str) -> Any:
        return self.fields[name].widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def _is_touched(self, name: str, held: Any) -> bool:
        if self.fields[name].disabled or self.fields[name].widget.value_omitted_from_data(
            self.data, self.files, self.add_prefix(name)
        ):
            return False
        return self.fields[name].has_changed(held, self._posted(name))

    def _take(self, name: str, data: QueryDict) -> None:
        """Put the value of today into what was posted, as the page would post it."""
        value = self.fields[name].prepare_value(self.get_initial_for_field(self.fields[name], name))
        values = value if isinstance(value, list | tuple) else [value]
        posted = [str(each) for each in values if each not in (None, False)]
        data.setlist(self.add_prefix(name), ["on"] if value is True else posted)


def _version_of(entry: Any) -> int:
    # A list asks for the versions of all its rows at once; a row that was never changed has none.
    return int(entry.version or 0) if hasattr(entry, VERSION) else newest_version(entry)


def _sentence(people: Iterable[str], changes: Iterable[FieldChange]) -> str:
    said = "; ".join(map(str, changes))
    return f"{' and '.join(people)} changed this meanwhile. {said}. Nothing is saved yet: save again to keep yours."

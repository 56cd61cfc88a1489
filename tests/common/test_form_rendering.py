"""Form fields are written as Django's own templates write them."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html

from apps.common.form_rendering import PlainFields

GROUPS = [("", "None"), ("Ships", [("a", "Ark & <sons>"), ("b", "Barge")]), (3, "Three")]


@pytest.mark.parametrize(
    ("widget", "value"),
    [
        (forms.TextInput(attrs={"size": 5, "required": True, "readonly": False}), "<b>'\"&"),
        (forms.TextInput(), None),
        (forms.NumberInput(), 7),
        (forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), "2026-03-02"),
        (forms.HiddenInput(), 12),
        (forms.CheckboxInput(attrs={"class": "action-select"}), True),
        (forms.CheckboxInput(), False),
        (forms.Select(choices=GROUPS), "a"),
        (forms.Select(choices=[]), None),
        (forms.SelectMultiple(choices=GROUPS), ["b", "3"]),
        (forms.NullBooleanSelect(), True),
    ],
)
def test_a_field_is_the_same_as_from_its_template(widget, value):
    stock, plain = (
        widget.render("name", value, {"id": "id_name"}, renderer) for renderer in (DjangoTemplates(), PlainFields())
    )
    assert parse_html(plain) == parse_html(stock)


def test_the_pages_use_it(settings):
    assert forms.renderers.get_default_renderer().__class__ is PlainFields

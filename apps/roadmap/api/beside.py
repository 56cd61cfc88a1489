"""What stands beside entries, in the API: labels, links, comments, and which milestone waits for which."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework import serializers as drf
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from apps.roadmap import models
from apps.roadmap.api.serializers import RefusalSerializer
from apps.roadmap.models import Comment, Dependency, Label, Link, Milestone
from apps.roadmap.services.discussing import add_comment, delete_comment, edit_comment
from apps.roadmap.services.labelling import delete_label, save_label
from apps.roadmap.services.linking import add_dependency, add_link, remove_dependency, remove_link

KINDS: dict[str, type[models.Entry]] = {
    "milestone": models.Milestone,
    "workitem": models.WorkItem,
    "task": models.Task,
    "criterion": models.Criterion,
    "risk": models.Risk,
    "costline": models.CostLine,
}
_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)


class AboutSerializer(drf.ModelSerializer):
    """A row about one entry, which is named by its kind and its number."""

    entry_kind = drf.ChoiceField(list(KINDS), source="content_type.model")
    entry_id = drf.IntegerField(source="object_id", min_value=1, max_value=2**63 - 1)


class AboutFilter(filters.FilterSet):
    entry_kind = filters.ChoiceFilter("content_type__model", choices=[(kind, kind) for kind in KINDS])
    entry_id = filters.NumberFilter("object_id")


class LabelSerializer(drf.ModelSerializer):
    class Meta:
        model = Label
        fields = ["id", "name", "colour"]


class LinkSerializer(AboutSerializer):
    url = drf.CharField(max_length=1000)
    added_by = drf.EmailField(source="added_by.email", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Link
        fields = ["id", "entry_kind", "entry_id", "kind", "url", "title", "added_at", "added_by"]
        read_only_fields = ["added_at"]


class CommentSerializer(AboutSerializer):
    author = drf.EmailField(source="author.email", read_only=True)
    text = drf.CharField(help_text='Plain text. @name or @"Full Name" tells a person. Empty once it is deleted.')

    class Meta:
        model = Comment
        fields = ["id", "entry_kind", "entry_id", "author", "text", "written_at", "edited_at", "deleted_at"]
        read_only_fields = ["written_at", "edited_at", "deleted_at"]


class CommentTextSerializer(drf.Serializer):
    text = drf.CharField()


class DependencySerializer(drf.ModelSerializer):
    predecessor: Any = drf.PrimaryKeyRelatedField(queryset=Milestone.objects.all())
    successor: Any = drf.PrimaryKeyRelatedField(queryset=Milestone.objects.all())

    class Meta:
        model = Dependency
        fields = ["id", "predecessor", "successor"]
        validators: list[Any] = []  # the service says more, and in its own order


class BesideViewSet(mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet):
    """Read, added and taken away."""


@extend_schema_view(create=extend_schema(responses={201: LabelSerializer, **_REFUSALS}))
class LabelViewSet(BesideViewSet):
    """Words by which entries are found again."""

    serializer_class = LabelSerializer
    queryset = Label.objects.order_by("name", "pk")
    filterset_fields = ["name", "colour"]

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = save_label(actor=self.request.user, **serializer.validated_data)

    def perform_destroy(self, label: Label) -> None:
        delete_label(label=label, actor=self.request.user)


@extend_schema_view(create=extend_schema(responses={201: LinkSerializer, **_REFUSALS}))
class LinkViewSet(BesideViewSet):
    """Addresses on the web that belong to entries."""

    serializer_class = LinkSerializer
    queryset = Link.objects.select_related("content_type", "added_by").order_by("pk")
    filterset_class = AboutFilter

    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        serializer.instance = add_link(entry=_taken_entry(values), actor=self.request.user, **values)

    def perform_destroy(self, link: Link) -> None:
        remove_link(link=link, actor=self.request.user)


@extend_schema_view(create=extend_schema(responses={201: CommentSerializer, **_REFUSALS}))
class CommentViewSet(BesideViewSet):
    """What people say of entries. One's own can be changed for a quarter of an hour, and deleted."""

    serializer_class = CommentSerializer
    queryset = Comment.objects.select_related("content_type", "author").order_by("pk")
    filterset_class = AboutFilter

    def perform_create(self, serializer: Any) -> None:
        values = dict(serializer.validated_data)
        author: Any = self.request.user
        serializer.instance = add_comment(entry=_taken_entry(values), author=author, **values)

    @extend_schema(request=CommentTextSerializer, responses={200: CommentSerializer, **_REFUSALS})
    def partial_update(self, request: Request, pk: str | None = None) -> Response:
        """Correct a comment of your own."""
        comment, change = self.get_object(), CommentTextSerializer(data=request.data)
        change.is_valid(raise_exception=True)
        author: Any = request.user
        edit_comment(comment=comment, text=change.validated_data["text"], actor=author)
        return Response(self.get_serializer(self.get_object()).data)

    def perform_destroy(self, comment: Comment) -> None:
        author: Any = self.request.user
        delete_comment(comment=comment, actor=author)


@extend_schema_view(create=extend_schema(responses={201: DependencySerializer, **_REFUSALS}))
class DependencyViewSet(BesideViewSet):
    """Which milestone waits for which."""

    serializer_class = DependencySerializer
    queryset = Dependency.objects.order_by("pk")
    filterset_fields = ["predecessor", "successor"]

    def perform_create(self, serializer: Any) -> None:
        actor: Any = self.request.user
        serializer.instance = add_dependency(actor=actor, **serializer.validated_data)

    def perform_destroy(self, dependency: Dependency) -> None:
        actor: Any = self.request.user
        remove_dependency(dependency=dependency, actor=actor)


def _taken_entry(values: dict[str, Any]) -> models.Entry:
    """The entry that the values name, which are taken out of them."""
    kind, key = values.pop("content_type")["model"], values.pop("object_id")
    entry = KINDS[kind]._default_manager.filter(pk=key).first()
    if entry is None:
        raise ValidationError({"entry_id": [f"There is no {kind} {key}."]})
    return entry

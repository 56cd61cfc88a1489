"""Bindings in the API: criteria are split into clauses, and bound to the checks that prove them."""

from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, viewsets
from rest_framework import serializers as drf
from rest_framework.decorators import action
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.api_permissions import ModelPermissions
from apps.roadmap.api.filters import BindingFilter
from apps.roadmap.api.serializers import BindingSerializer, RefusalSerializer
from apps.roadmap.engines.chosen_clauses import clauses_of
from apps.roadmap.engines.clauses import propose_clauses
from apps.roadmap.models import Binding, Criterion
from apps.roadmap.services.binding import accept_binding, bind, confirm_binding, decline_binding
from apps.roadmap.services.clauses import choose_clauses

_REFUSALS = dict.fromkeys([400, 409], RefusalSerializer)
_LONGEST_SECONDS = 10 * 365 * 86_400
ACCEPT = "roadmap.accept_binding"
SPLIT = ("roadmap.change_criterion", ACCEPT)


class WantedBindingSerializer(drf.ModelSerializer):
    """A check that is to prove a criterion, or one clause of it."""

    criterion: Any = drf.PrimaryKeyRelatedField(queryset=Criterion.objects.current())
    ttl_seconds = drf.FloatField(
        required=False, min_value=1, max_value=_LONGEST_SECONDS, help_text="How long an observation counts."
    )

    class Meta:
        model = Binding
        fields = ["criterion", "clause", "verifier_key", "parameters", "rule", "ttl_seconds"]
        validators: Any = []  # the model says its own, by field

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        seconds = said.pop("ttl_seconds", None)
        return {**said, "ttl": None if seconds is None else timedelta(seconds=seconds)}


class ClausesSerializer(drf.Serializer):
    """How a criterion is split. Each clause is proven on its own."""

    text = drf.CharField(help_text="The criterion's words that you saw.")
    clauses: Any = drf.ListField(
        child=drf.CharField(), help_text="All of its words, in its order. None: its semicolons split it again."
    )
    proposed: Any = drf.ListField(child=drf.CharField(), read_only=True, help_text="How it might be split.")


class SeesCriteria(ModelPermissions):
    """What reading criteria asks for, of whatever method: the rest is asked beside it."""

    perms_map = {**ModelPermissions.perms_map, "PUT": ModelPermissions.perms_map["GET"]}


class SeesAndAccepts(ModelPermissions):
    """Reading asks for the permission to see checks; all else for the one to accept them."""

    perms_map = {**ModelPermissions.perms_map, "POST": [ACCEPT]}


class MaySplit(BasePermission):
    """Whoever may change the criterion, or accept its checks."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or any(request.user.has_perm(each) for each in SPLIT)


class BindingViewSet(viewsets.ReadOnlyModelViewSet):
    """Which verifier proves which criterion."""

    serializer_class = BindingSerializer
    queryset = Binding.objects.select_related("criterion__service").order_by("pk")
    filterset_class = BindingFilter

    permission_classes = [SeesAndAccepts]

    @extend_schema(request=WantedBindingSerializer, responses={201: BindingSerializer, **_REFUSALS})
    def create(self, request: Request) -> Response:
        """Bind a criterion to a check; it counts at once."""
        wanted = WantedBindingSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        binding = bind(actor=request.user, **wanted.validated_data)
        return Response(self.get_serializer(binding).data, status=201)

    @extend_schema(request=None, responses={200: BindingSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str | None = None) -> Response:
        """From here on it counts."""
        return self._decide(accept_binding)

    @extend_schema(request=None, responses={200: BindingSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str | None = None) -> Response:
        """It does not count, and is not suggested again."""
        return self._decide(decline_binding)

    @extend_schema(request=None, responses={200: BindingSerializer, **_REFUSALS})
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str | None = None) -> Response:
        """It proves what the criterion says now, as it proved what it said before."""
        return self._decide(confirm_binding)

    def _decide(self, decide: Any) -> Response:
        return Response(self.get_serializer(decide(binding=self.get_object(), actor=self.request.user)).data)


class ClausesView(generics.GenericAPIView):
    """The clauses of a criterion."""

    serializer_class = ClausesSerializer
    queryset = Criterion.objects.current().order_by("pk")
    permission_classes = [SeesCriteria, MaySplit]
    filter_backends: Any = []

    @extend_schema(responses=ClausesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """How it is split, and how it might be."""
        return self._answer(self.get_object())

    @extend_schema(responses={200: ClausesSerializer, **_REFUSALS})
    def put(self, request: Request, pk: int) -> Response:
        """Split it like that, if it still says what you saw."""
        said = self.get_serializer(data=request.data)
        said.is_valid(raise_exception=True)
        criterion = self.get_object()
        criterion.text = said.validated_data["text"]
        choose_clauses(criterion=criterion, clauses=said.validated_data["clauses"], actor=request.user)
        return self._answer(criterion)

    def _answer(self, criterion: Criterion) -> Response:
        clauses = clauses_of(criterion.text, criterion.clauses)
        split = {"text": criterion.text, "clauses": clauses, "proposed": propose_clauses(criterion.text).clauses}
        return Response(self.get_serializer(split).data)

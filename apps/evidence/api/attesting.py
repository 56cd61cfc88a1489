"""Attestations of people, in the API."""

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.models import ApiToken, User
from apps.catalog.selectors import find_environment, find_service
from apps.common.api_permissions import STAFF_BY_NAME
from apps.evidence.api.observations import ObservationSerializer
from apps.evidence.services.attesting import attest


class AttestationSerializer(serializers.Serializer):
    """What a person says is so, and how they know."""

    service = serializers.CharField(max_length=50)
    environment = serializers.CharField(max_length=50, required=False, default="")
    statement = serializers.CharField(max_length=500, help_text="The statement, as the binding asks it.")
    comment = serializers.CharField(max_length=2000, help_text="How you know.")
    is_so = serializers.BooleanField(required=False, default=True, help_text="False: it is not so.")


class AttestationView(APIView):
    """Takes a person's word, in that person's own session: no program attests."""

    permission_classes = STAFF_BY_NAME
    required_permissions = ["evidence.attest_evidence"]

    @extend_schema(request=AttestationSerializer, responses={201: ObservationSerializer})
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, ApiToken) or not isinstance(request.user, User):
            raise exceptions.PermissionDenied("A person attests, not a program: sign in instead of sending a token.")
        sent = AttestationSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = {**sent.validated_data}
        environment = find_environment(find_service(values.pop("service")), values.pop("environment"))
        record = attest(environment=environment, actor=request.user, **values)
        return Response(ObservationSerializer(record).data, status=status.HTTP_201_CREATED)

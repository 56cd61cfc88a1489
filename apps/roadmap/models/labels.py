"""Labels: words of a team's own, by which entries are found again."""

from django.db import models
from django.db.models.functions import Lower


class Label(models.Model):
    """A word that entries carry. Lists can be filtered by it."""

    class Colour(models.TextChoices):
        QUIET = "quiet", "Grey"
        SEA = "sea", "Blue"
        PROVEN = "proven", "Green"
        DOUBT = "doubt", "Amber"
        REFUTED = "refuted", "Red"

    name = models.CharField(max_length=50)
    colour = models.CharField(max_length=10, choices=Colour, default=Colour.QUIET)

    class Meta:
        ordering = [Lower("name")]
        constraints = [models.UniqueConstraint(Lower("name"), name="roadmap_label_name_unique")]

    def __str__(self) -> str:
        return self.name

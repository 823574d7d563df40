"""Who is the case about? A pseudonym, an age band, a sex in clear; the rest is sealed."""

from django.db import models
from django.db.models import Q

from cases.enums import AgeBand, PersonRole, Sex
from cases.models.base import Sealed, one_of


class Victim(Sealed):
    """The alleged victim on a case. `sealed` holds first_name, last_name, birth_date and more."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="victims")
    pseudonym = models.CharField(max_length=12, unique=True)
    age_band = models.CharField(max_length=10, choices=AgeBand, default=AgeBand.UNKNOWN)
    sex = models.CharField(max_length=1, choices=Sex, blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("entered_at", "pseudonym")
        constraints = (
            one_of("age_band", AgeBand.values, "victim_age_band_known"),
            one_of("sex", Sex.values, "victim_sex_known"),
        )

    def __str__(self) -> str:
        return self.pseudonym


class InvolvedPerson(Sealed):
    """A caregiver, suspect, reporter or witness; identity sealed like a victim's."""

    case = models.ForeignKey("cases.Case", on_delete=models.CASCADE, related_name="people")
    role = models.CharField(max_length=30, choices=PersonRole)
    pseudonym = models.CharField(max_length=12, unique=True)
    named = models.BooleanField(default=False)
    relation = models.CharField(max_length=80, blank=True)
    description = models.TextField(blank=True)
    not_interviewed_reason = models.TextField(blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        ordering = ("entered_at", "pseudonym")
        constraints = (one_of("role", PersonRole.values, "person_role_known"),)

    def __str__(self) -> str:
        return self.pseudonym


class BlindToken(models.Model):
    """A keyed digest of one normalized form of a person's identity: equality, and nothing else."""

    victim = models.ForeignKey(
        Victim, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    person = models.ForeignKey(
        InvolvedPerson, on_delete=models.CASCADE, null=True, blank=True, related_name="tokens"
    )
    kind = models.CharField(max_length=20)
    digest = models.BinaryField(max_length=32)
    # The key's id and the version of the forms; another than today's is rebuilt.
    made_with = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(victim__isnull=True) ^ Q(person__isnull=True),
                name="blind_token_of_one_person",
            ),
        )
        indexes = (models.Index(fields=("digest", "kind"), name="blind_token_digest"),)

    def __str__(self) -> str:
        return self.kind

"""What does a caseload look like of which everything is known?

Bundles made for tests, with their answers; nobody in them exists. Their shapes differ from any data
that the product was built beside: other time zones and holidays, larger squads, badges with leading
zeros, numbers with slashes, narratives with line breaks. The limits are written down here once
more, from the unit's policy on paper, so that a mistake in the rules can't hide in the data that
test them.
"""

from tests.caseload.bundle import Caseload, write_caseload
from tests.caseload.failures import MODES
from tests.caseload.shape import SYDNEY, VANCOUVER, Shape

__all__ = ["MODES", "SYDNEY", "VANCOUVER", "Caseload", "Shape", "write_caseload"]

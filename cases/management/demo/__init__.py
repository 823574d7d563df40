"""What does the product show before a unit has loaded a case of its own?

The demonstration caseload: every person, place, number and narrative in it is invented. It is told
as stories whose steps go through the same services as a person's work, each at its own past
moment, so that audit entries, clocks and flags are what they would have been. It stands beside the
commands, above the services, because it does what people do and owns no rule.
"""

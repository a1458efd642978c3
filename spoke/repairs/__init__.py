"""What can be done about a container instance: one module for each remedy, and the table of them.

A new remedy is one module and one line here, in the order of what harms least. Its permissions go into the remediator
role (stacksets/spoke-roles.yaml).
"""

from spoke.repairs import remove_registration, restart_agent, terminate
from spoke.repairs.remedy import Outcome, Remedy, Target

__all__ = ["REMEDIES", "Outcome", "Remedy", "Target"]

REMEDIES: dict[str, Remedy] = {
    remedy.name: remedy for remedy in (restart_agent.REMEDY, terminate.REMEDY, remove_registration.REMEDY)
}

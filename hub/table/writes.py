"""Writes: what DynamoDB answers to them, sorted by what the caller does.

Conflict       somebody else has changed a row: read again and decide again
Contended      somebody else writes there at this very moment, or our own try before is not through yet, or the table
takes no more for a moment: tried again here, and then by the queue
what it was    a fault of ours, or of the table
"""

from collections.abc import Callable

from botocore.exceptions import ClientError
from pynamodb.exceptions import PynamoDBException, TransactWriteError

CONDITION = "ConditionalCheckFailed"
# Of a cancelled transaction; of a single write botocore tries again what is throttled, but not what conflicts.
PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"})

# A transaction takes milliseconds; what lasts longer than all tries together is the queue's to wait out.
TRIES = 5
_FIRST_SECONDS, _LONGEST_SECONDS = 0.1, 1.0


class Conflict(Exception):
    """Somebody else changed the row meanwhile: read again and decide again."""


class Contended(PynamoDBException):
    """Others write to the same rows, or the table takes no more, and it does not end within some tries: once more."""


def sort(error: PynamoDBException) -> PynamoDBException | Conflict:
    """Say what a refused write means. A transaction names a reason for each row: its gravest one counts."""
    if not isinstance(error.cause, ClientError):
        return error  # no answer came; pynamodb reads one all the same, and would raise AttributeError
    said = str(error.cause_response_message)
    match error.cause_response_code:
        case "ConditionalCheckFailedException":
            return Conflict(said)
        case "TransactionConflictException" | "TransactionInProgressException":
            return Contended(said, error.cause)
        case "TransactionCanceledException" if isinstance(error, TransactWriteError):
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if reasons and reasons <= {CONDITION, *PASSING}:
                return Conflict(said) if CONDITION in reasons else Contended(said, error.cause)
    return error


def write(
    do: Callable[[], object], sleep: Callable[[float], None], chance: Callable[[], float], tries: int = TRIES
) -> None:
    """Write, and try again what is contended, a little later each time; `chance` is between 0 and 1.

    Raises Conflict, Contended and whatever else is wrong.
    """
    for tried in range(1, tries + 1):
        try:
            do()
        except PynamoDBException as error:
            found = sort(error)
            if found is error:
                raise
            if isinstance(found, Conflict) or tried == tries:
                raise found from error
        else:
            return
        sleep(chance() * min(_FIRST_SECONDS * 2 ** (tried - 1), _LONGEST_SECONDS))

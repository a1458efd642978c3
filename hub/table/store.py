"""The table: what it keeps, and where.

    pk                                 sk                what                     index `open`
    cluster#<account>/<region>/<name>  instance#<id>     incident                 incidents, while unresolved; then over
    same                               incidents#<n>     page of incidents        the same, by all that are in it
    same                               bulletin          episode                  bulletins, while not closed
    same                               announced#<to>    what a receiver has of it
    same                               drop#<instance>   drop that waits          waiting, by when it is due
    same                               log#<time>#<id>   audit entry
    storm#<channel>                    <region>          record of its message    storms, while not closed
    request#<id>                       request           a click or a command, single use
    mute                               <scope>#<id>      mute
    same                               <scope>           mute that a release without ids has written
    mutes                              changed           when what is muted was changed last
    switch                             repairs           whether somebody has stopped all repairs
    organization                       log#<time>#<id>   audit entry of what is about no single cluster
    budget#<what>                      <minute>          how often it was done
    ledger                             <cap's id>        which repairs have used up a cap of the policy
    account                            <account id>      what the organization says of it
    absent                             <id or Region>    how often an account or a Region was missing, in a row
    seen                               <turn>/<number>   what visits have left of up to SEEN_A_ROW places
    names                              <place>/<number>  the names of up to NAMES_A_ROW clusters of a place

Audit entries of what people did also stand in the index, by month.

The index's sort key begins with the Region, so that a storm can be read in one go.

Each subject has its module; hub.table.rows says how a row is written.
"""

from hub.table.accounts import Accounts
from hub.table.clusters import Clusters
from hub.table.drops import Drops
from hub.table.log import Log
from hub.table.mutes import Budgets, Mutes
from hub.table.requests import Requests
from hub.table.together import Together
from hub.table.untroubled import Untroubled


class Store(Clusters, Together, Untroubled, Drops, Requests, Mutes, Budgets, Accounts, Log):
    """The table's door."""

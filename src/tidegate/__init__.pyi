# What `import tidegate` offers, for a type checker; `__init__.py` loads it when it is asked for.

from tidegate.alert_storm.decision import Decision as Decision, Outcome as Outcome, Storm as Storm
from tidegate.alert_storm.exclusion_list import ExclusionList as ExclusionList
from tidegate.alert_storm.parameters import (
    AlertStormParameters as AlertStormParameters,
    AlertStormRules as AlertStormRules,
)
from tidegate.alert_storm.protection import AlertStormProtection as AlertStormProtection
from tidegate.api.calls import (
    check as check,
    explain as explain,
    protect_the_edge as protect_the_edge,
    read_alerts as read_alerts,
    read_inventory as read_inventory,
    read_policy as read_policy,
    replay as replay,
    simulate as simulate,
)
from tidegate.api.commissioning import assess_commissioning as assess_commissioning
from tidegate.api.evidence import (
    compare as compare,
    offenders as offenders,
    problems as problems,
    sweep as sweep,
)
from tidegate.api.inputs import Alerts as Alerts
from tidegate.api.results import Result as Result
from tidegate.columnar.inventory import Inventory as Inventory
from tidegate.policy.mechanism import MechanismDocument as MechanismDocument
from tidegate.vocabulary.alerts import Alert as Alert
from tidegate.vocabulary.faults import InputError as InputError

__version__: str

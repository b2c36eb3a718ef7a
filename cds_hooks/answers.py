"""The answer to a hook call: coverage information as system actions, advice as cards.

Must not know how a determination is made, or HTTP. Source: CDS Hooks 3.0.0-ballot, service response; CRD 2.0.1, 2.2.1.
"""

from cds_hooks.cards import NewUuid, cards
from cds_hooks.coverage_information import updates
from cds_hooks.desk import Answered, Json, Question, Topic
from cds_hooks.dialects import Dialect
from cds_hooks.request import Options
from cds_hooks.suggesting import Occasion

CardRow = tuple[str, str, str]
"""uuid, topic, policy."""


def response(
    question: Question, answered: Answered, options: Options, dialect: Dialect, new_uuid: NewUuid
) -> tuple[Json, tuple[CardRow, ...]]:
    """The body of a 200, and for keeping what cards it has. System actions are absent when there are none.

    Source: CRD 2.2.1 resp-25, resp-28, dev-14.
    """
    made = cards(Occasion(question, answered, dialect), options, new_uuid)
    body: Json = {"cards": [card for card, _ in made]}
    actions = updates(question, answered, dialect) if options.is_on(Topic.COVERAGE_INFO) else []
    if actions:
        body["systemActions"] = actions
    return body, tuple((card["uuid"], advice.topic.value, advice.policy) for card, advice in made)

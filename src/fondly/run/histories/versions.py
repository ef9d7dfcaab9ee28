"""The playbook version a history is lived under: the live one, else the trade's starter, published for it."""

from django.utils.translation import gettext as _

from fondly.core.playbook.starters import trades
from fondly.core.words import heading
from fondly.design.playbooks.actions import CreatePlaybook, PublishPlaybook, create_playbook, publish
from fondly.design.playbooks.models import Playbook, PlaybookVersion
from fondly.ground.action import Actor, Refused


def version_for(actor: Actor, name: str) -> PlaybookVersion:
    """The live version of the playbook with this slug or trade. Raises Refused when there is none and no such trade."""
    known = live_version(name)
    if known is not None:
        return known
    if name not in {trade.name for trade in trades()}:
        raise Refused(
            _("There is no playbook %(name)r and no trade of that name. `fondly new --list` shows the trades.")
            % {"name": name}
        )
    made = create_playbook(actor, CreatePlaybook(name=heading(name), trade=name))
    publish(actor, PublishPlaybook(made.playbook_id, note="Starter, for a history brought in"))
    return PlaybookVersion.objects.get(playbook_id=made.playbook_id, state=PlaybookVersion.State.LIVE)


def live_version(name: str) -> PlaybookVersion | None:
    """The live version of the playbook with this slug or trade."""
    playbooks = Playbook.objects.filter(slug=name.replace("_", "-")) | Playbook.objects.filter(trade=name)
    live = PlaybookVersion.objects.filter(playbook__in=playbooks, state=PlaybookVersion.State.LIVE)
    return live.order_by("pk").first()

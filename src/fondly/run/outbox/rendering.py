"""From a template and its values to a message, and from a message to the bytes that leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import css_inline

from fondly.core.playbook import message as writing
from fondly.core.playbook.model import Playbook as Book
from fondly.core.playbook.purposes import SERVICE
from fondly.run.outbox import links, mime, provider
from fondly.run.outbox.addresses import Sender
from fondly.run.outbox.models import Message
from fondly.run.outbox.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Written:
    subject: str
    text: str
    html: str


def write(book: Book, template_name: str, context: Mapping[str, Any]) -> Written:
    """Render a template of the playbook. Raises TemplateError, MissingValueError."""
    template = book.templates[template_name]
    subject, text, html = writing.parts(template.subject, template.body, context, language=book.language, finish=inline)
    return Written(subject[:500] or book.name, text, html)


def rewrite(subject: str, text: str, language: str = "en") -> Written:
    """A message whose text a person wrote: plain text that becomes HTML."""
    context = {"subject": subject, "body": text}
    line, body, html = writing.parts("{{ subject }}", "{{ body }}", context, language=language, finish=inline)
    return Written(line[:500], body, html)


def inline(html: str) -> str:
    """The style sheet moved into the elements, as mail programs want it."""
    return _inliner().inline(html)


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


def raw_of(message: Message | Outgoing, sender: Sender, now: datetime) -> bytes:
    """The mail as bytes. Raises mime.BadHeader when an address or a header cannot be used."""
    extra = provider.headers(message.message_id)
    if message.purpose != SERVICE:
        url = links.unsubscribe_url(links.token_for(message.effect_key))
        extra += (("List-Unsubscribe", f"<{url}>"), ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
    return mime.build(
        mime.Letter(
            from_name=sender.name,
            from_address=sender.address,
            to_name=mime.plain(message.to_name),
            to_address=message.to_address,
            subject=mime.plain(message.subject),
            text=message.text,
            html=message.html,
            at=now.astimezone(UTC),
            message_id=message.message_id,
            boundary=f"fondly-{message.message_id.partition('@')[0]}",  # nobody who writes a text knows it before
            extra=extra,
        )
    )

"""Mails as servers write them: delivery reports, complaints, automatic answers."""


def dsn(message_id, recipient, *, action="failed", status="5.1.1", said="550 5.1.1 no such user", original="", n=1):
    """A delivery report as of RFC 3464. original: further lines of the mail it is about; n makes it another one."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example.net>
To: dana@stillwater.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 5 Jan 2026 16:00:00 +0000
Message-ID: <report-{n}@mx.example.net>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status;
	boundary="edge.1/mx"

This is a MIME-encapsulated message.

--edge.1/mx
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--edge.1/mx
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net
Arrival-Date: Mon, 5 Jan 2026 15:59:00 +0000

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}

--edge.1/mx
Content-Type: message/rfc822

From: Dana Field <dana@stillwater.example>
To: {recipient}
Subject: Welcome
Message-ID: <{message_id}>
{original}
Hi

--edge.1/mx--
""".replace("\n", "\r\n").encode()


def complaint(message_id, kind="abuse"):
    """A feedback report as of RFC 5965, the address blackened."""
    return f"""\
From: feedback@provider.example
To: dana@stillwater.example
Subject: FW: Welcome
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=arf

--arf
Content-Type: text/plain

This is an abuse report.

--arf
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: redacted-3fa9@provider.example

--arf
Content-Type: text/rfc822-headers

From: dana@stillwater.example
Message-ID: <{message_id}>
Subject: Welcome

--arf--
""".replace("\n", "\r\n").encode()


def away(message_id, automatic="Auto-Submitted: auto-replied"):
    return f"""\
From: priya@example.org
To: dana@stillwater.example
Subject: Out of office
In-Reply-To: <{message_id}>
{automatic}
Content-Type: text/plain

I am away.
""".replace("\n", "\r\n").encode()


def copy_of(message_id):
    """What a mailbox keeps in its Sent folder."""
    return f"From: dana@stillwater.example\r\nMessage-ID: <{message_id}>\r\nSubject: Welcome\r\n\r\nHi\r\n".encode()

"""Sends one mail through OpenSMTPD, and reads it with Python's own mail library."""

import email
import email.policy
import glob
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

PORT = 2526
WAIT_SECONDS = 30


def until(what, look):
    """The first true answer of `look`."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    sys.exit(f"{what} did not happen in {WAIT_SECONDS} s")


class Api:
    """The server's API."""

    def __init__(self, base):
        self.base = base

    def call(self, method, path, token, body=None):
        headers = {"Acstkn": token, "Content-Type": "application/json", "If-Match": "*"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)["data"]


def mail_server(folder):
    """OpenSMTPD, which puts every mail into one Maildir."""
    config = folder / "smtpd.conf"
    config.write_text(
        'table all { "@" = "nobody" }\n'
        f"listen on 127.0.0.1 port {PORT} hostname mail.test\n"
        f'action "keep" maildir "{folder}/Maildir" virtual <all>\n'
        'match from any for any action "keep"\n'
    )
    return subprocess.Popen(["smtpd", "-d", "-f", str(config)], stderr=subprocess.PIPE, text=True)


def started(command, environment, read):
    """A program, and what `read` finds in a line of its output."""
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    for line in running.stdout:
        found = read(line)
        if found:
            return running, found
    sys.exit(f"{command[0]} ended before it said what was expected")


def configuration(programs, folder):
    """The sandbox's configuration, written by the sandbox itself."""
    ports = ["--api", "127.0.0.1:0", "--world", "127.0.0.1:0", "--smtp", "127.0.0.1:0"]
    command = [f"{programs}/madoguchi-sandbox", "up", *ports, "--data", str(folder)]
    sandbox, _ = started(command, os.environ, lambda line: "Ctrl-C" in line)
    sandbox.terminate()
    sandbox.wait(10)
    return folder / "madoguchi.toml"


def address(line):
    """The API's address in the log line `serving`."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    fields = entry.get("fields", entry)
    return fields.get("addr") if fields.get("message") == "serving" else None


def approved(api):
    """A contact to a person with an address, approved; returns its id."""
    person = {
        "personId": "PER-MTA",
        "accountId": "ACC-MTA",
        "email": "customer@mail.test.example",
        "locale": "ja",
    }
    api.call("POST", "/api/v1/persons", "dev-crm", person)
    contact = {
        "personId": "PER-MTA",
        "accountId": "ACC-MTA",
        "type": "NOTICE",
        "subject": "秘密の件名",
        "body": "秘密の本文",
        "sender": {"kind": "HUMAN", "name": "山田"},
    }
    made = api.call("POST", "/api/v1/contacts", "dev-author", contact)["contactId"]
    path = f"/api/v1/contacts/{made}"
    shown = api.call("GET", path, "dev-approver")
    api.call("PUT", path, "dev-approver", {"approve": {"contentHash": shown["contentHash"]}})
    return path


def check(raw, contact):
    """Checks the mail as a mail program reads it."""
    assert all(len(line) <= 998 for line in raw.split(b"\n")), "a line is too long"
    head = raw.split(b"\n\n", 1)[0].replace(b"\r", b"")
    assert head.isascii(), "a header is not ASCII: RFC 2047 is not used"
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert not mail.defects, mail.defects
    assert mail["Subject"] == "【窓口銀行】マイページにお知らせがあります", mail["Subject"]
    assert mail["From"].addresses[0].display_name == "窓口銀行", mail["From"]
    assert mail["To"].addresses[0].addr_spec == "customer@mail.test.example", mail["To"]
    unique = contact["mail"]["mailId"].replace("-", "")
    assert mail["Message-ID"] == f"<{unique}@mail.example.com>", mail["Message-ID"]
    assert mail["Auto-Submitted"] == "auto-generated" and mail["Date"].datetime
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        text = part.get_content()
        assert not part.defects and part.get_content_charset() == "utf-8"
        assert "マイページ" in text and "https://my.example.com/messages" in text.replace("&#x2f;", "/")
        assert "秘密" not in text, "a mail never says what the contact says"
    return mail["Subject"]


def main():
    programs = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # The mail server writes as another user.
        folder.chmod(0o777)
        config = configuration(programs, folder / "sandbox")
        mta = mail_server(folder)
        overrides = {"MADOGUCHI__MAIL__SMTP_PORT": str(PORT)}
        serve = [f"{programs}/madoguchi", "serve", "--config", str(config)]
        server, listens = started(serve, {**os.environ, **overrides}, address)
        try:
            api = Api(f"http://{listens}")
            path = approved(api)
            read = lambda: api.call("GET", path, "dev-author")
            moved = until("the mail", lambda: read()["mail"]["state"] != "PENDING" and read())
            assert moved["mail"]["state"] == "SENT", moved["mail"]
            files = until("the delivery", lambda: glob.glob(f"{folder}/Maildir/new/*"))
            assert len(files) == 1, files
            subject = check(pathlib.Path(files[0]).read_bytes(), moved)
        finally:
            server.terminate()
            mta.terminate()
            server.wait(60)
            mta.wait(10)
    print(f"OpenSMTPD accepted one mail, and Python reads it: {subject}")


main()

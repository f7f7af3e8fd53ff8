"""Runs the Python and the Java program of the guide for integrators, as printed, on the sandbox."""

import pathlib
import re
import subprocess
import sys
import tempfile
import time
import uuid

import requests

ROOT = pathlib.Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide" / "integrators.md"
API = "http://127.0.0.1:8080"
WAIT_SECONDS = 30
BODY = '{"isPass":true}'
CALLER = """
class Caller {
    public static void main(String[] args) throws Exception {
        var http = java.net.http.HttpClient.newHttpClient();
        for (int time = 0; time < 2; time++) {
            var answer = Verdicts.decide(http, args[0], args[1], args[2]);
            System.out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
"""


def program(language):
    printed = re.search(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.S)
    return printed.group(1) if printed else sys.exit(f"{GUIDE} has no {language}")


def call(path, token, body):
    headers = {"Acstkn": token}
    answer = requests.post(f"{API}/api/v1/{path}", headers=headers, json=body, timeout=20)
    answer.raise_for_status()
    return answer.json()["data"]


def verified(member, reference):
    """The id of a case that waits for its verdict."""
    case = call("upgrades", "dev-frontdesk", {"memberId": member})["caseId"]
    check = {"source": "EDDA", "isPass": True, "reference": reference}
    call(f"upgrades/{case}/verification", "dev-verifier", check)
    return case


def run_python(case, key):
    names = {}
    exec(program("python"), names)
    answers = [names["decide"](case, key, BODY.encode()) for _ in range(2)]
    return [f"{answer.status_code} {answer.text}" for answer in answers]


def run_java(case, key, directory):
    source = pathlib.Path(directory) / "Caller.java"
    source.write_text(program("java") + CALLER)
    subprocess.run(["javac", "-d", directory, source], check=True)
    command = ["java", "-cp", directory, "Caller", case, key, BODY]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    return ran.stdout.splitlines()


def until_it_runs(sandbox, log):
    """The members are registered when it says so."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline and sandbox.poll() is None:
        if "The sandbox is running" in log.read_text():
            return
        time.sleep(0.1)
    sys.exit("the sandbox did not start: is port 8080 free?\n" + log.read_text())


def check(language, case, answers):
    """Each program calls twice with one key: the verdict was given once, and both answers say so."""
    good = len(answers) == 2 and answers[0] == answers[1] and answers[0].startswith("200 ")
    good &= case in answers[0] and "CustomerSuccess" in answers[0]
    print(f"{language}: {'as it should be' if good else answers}")
    return good


def main():
    with tempfile.TemporaryDirectory() as directory:
        data = ["--world", "127.0.0.1:0", "--smtp", "127.0.0.1:0", "--data", f"{directory}/data"]
        program_file = ROOT / sys.argv[1] / "madoguchi-sandbox"
        log = pathlib.Path(directory) / "log"
        with log.open("w") as out:
            sandbox = subprocess.Popen([program_file, "up", *data], stdout=out, stderr=out)
        try:
            until_it_runs(sandbox, log)
            cases = [verified("MEM0001", "guide-python"), verified("MEM0002", "guide-java")]
            keys = [str(uuid.uuid4()) for _ in cases]
            good = check("Python", cases[0], run_python(cases[0], keys[0]))
            good &= check("Java", cases[1], run_java(cases[1], keys[1], directory))
        finally:
            sandbox.terminate()
            sandbox.wait()
    sys.exit(0 if good else 1)


main()

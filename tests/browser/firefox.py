"""The Firefox of this machine, told what to do by WebDriver BiDi. (Playwright knows only its own.)

Firefox itself is the server of this protocol, so nothing more is installed. What is sent and comes
back is JSON over a WebSocket; https://www.w3.org/TR/webdriver-bidi/ lists the methods.
"""

import asyncio
import json
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from pages import SECONDS, wait_until
from tornado.websocket import websocket_connect

KEYS = {"Shift": "\ue008", "Control": "\ue009", "Enter": "\ue007", "\n": "\ue007"}


def find_firefox():
    """Return the path of a Firefox on this machine, or None."""
    return shutil.which("firefox") or shutil.which("firefox-esr")


class Firefox:
    """A Firefox with one tab, in a profile of its own."""

    def __init__(self, path, profile):
        command = [path, "--headless", "--no-remote", "--profile", str(profile)]
        command += ["--remote-debugging-port", "0"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **quiet)
        # Playwright has an event loop in the thread of the tests, so this one needs another.
        self.loop, self.thread = asyncio.new_event_loop(), ThreadPoolExecutor(max_workers=1)
        self.socket = None
        self.number = 0
        self.problems = []  # what pages report as errors
        try:
            self.connect(profile / "WebDriverBiDiServer.json")
        except BaseException:
            self.close()
            raise

    def connect(self, told):
        text = wait_until(lambda: told.exists() and told.read_text(), "Firefox to listen")
        server = json.loads(text)
        address = f"ws://{server['ws_host']}:{server['ws_port']}/session"
        self.socket = self.wait_for(websocket_connect, address)
        self.ask("session.new", capabilities={})
        self.ask("session.subscribe", events=["log.entryAdded"])
        [tab] = self.ask("browsingContext.getTree")["contexts"]
        self.tab = tab["context"]

    def wait_for(self, function, *arguments):
        async def bounded():
            return await asyncio.wait_for(function(*arguments), SECONDS)

        return self.thread.submit(self.loop.run_until_complete, bounded()).result()

    def ask(self, method, **params):
        """Send a command; return what it results in."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": params}
        self.wait_for(self.socket.write_message, json.dumps(command))
        while True:
            text = self.wait_for(self.socket.read_message)
            if text is None:
                raise ConnectionError("Firefox has ended")
            answer = json.loads(text)
            if answer["type"] == "event" and answer["params"].get("level") == "error":
                self.problems.append(answer["params"]["text"])
            if answer.get("id") == self.number:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def open(self, url):
        self.ask("browsingContext.navigate", context=self.tab, url=url, wait="complete")

    def value(self, expression):
        """Return the value of a JavaScript expression on the page."""
        made = self.ask(
            "script.evaluate",
            expression=f"JSON.stringify([{expression}])",
            target={"context": self.tab},
            awaitPromise=False,
        )
        if made["type"] == "exception":
            raise RuntimeError(made["exceptionDetails"]["text"])
        return json.loads(made["result"]["value"])[0]

    def press(self, *keys):
        """Press keys together, and let go of them in reverse."""
        values = [KEYS.get(key, key) for key in keys]
        actions = [{"type": "keyDown", "value": value} for value in values]
        actions += [{"type": "keyUp", "value": value} for value in reversed(values)]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.ask("input.performActions", context=self.tab, actions=[keyboard])

    def type(self, text):
        for character in text:
            self.press(character)

    def close(self):
        """End Firefox, by force if it does not listen."""
        try:
            if self.socket:
                self.ask("browser.close")
                self.process.wait(SECONDS)
        finally:
            self.process.kill()
            self.process.wait()
            self.thread.submit(self.loop.close).result()
            self.thread.shutdown()

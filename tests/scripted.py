"""What scripted tests stand on: programs that end with the script, waiting with a deadline, and a real broker with a
subscriber that was there before the first message."""
import atexit
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATH = os.environ["PATH"] + ":/usr/sbin:" + str(ROOT / "build/tools")
READY = "scripted/ready"
children = []


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def fail(reason):
    print(f"{pathlib.Path(sys.argv[0]).name}: {reason}", file=sys.stderr)
    sys.exit(1)


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=PATH):
            skip(f"{program} is not installed")


def spawn(command, **more):
    """A program that ends with the script at the latest; the first word is looked up."""
    path = shutil.which(command[0], path=PATH) or command[0]
    children.append(subprocess.Popen([path, *map(str, command[1:])], **more))
    return children[-1]


@atexit.register
def end_children():
    for child in children:
        child.kill()
        child.wait()


def eventually(what, holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            fail(f"after {seconds} s still not: {what}")
        time.sleep(0.01)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """mosquitto in a folder, which forgets nothing while it is stopped, and a subscriber whose session outlives it.
    `hear` is called with topic, QoS and text of each message, on a thread of its own."""

    def __init__(self, folder, topic, hear):
        need("mosquitto", "mosquitto_sub", "mosquitto_pub")
        self.port, = free_ports(1)
        self.hear = hear
        self.config = folder / "mosquitto.conf"
        self.config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
                               f"max_queued_messages 0\npersistence true\npersistence_location {folder}/\n")
        self.process = None
        self.start()
        self.client = spawn(["mosquitto_sub", "-p", self.port, "-t", topic, "-t", READY, "-q", "1", "-c", "-i",
                             "reader", "-F", "%t %q %p"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        ready = threading.Event()
        threading.Thread(target=self.read, args=(ready,), daemon=True).start()
        self.publish(READY, "-r")
        if not ready.wait(60):
            fail("the subscriber hears nothing")

    def read(self, ready):
        for line in self.client.stdout:
            topic, quality, text = line.rstrip("\n").split(" ", 2)
            if topic == READY:
                ready.set()
            else:
                self.hear(topic, int(quality), text)

    def publish(self, topic, *more):
        subprocess.run([shutil.which("mosquitto_pub", path=PATH), "-p", str(self.port), "-q", "1", "-t", topic, "-m",
                        "x", *more], check=True)

    def start(self):
        self.process = spawn(["mosquitto", "-c", self.config], stderr=subprocess.DEVNULL)
        eventually("the broker listens", lambda: listens(self.port))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        children.remove(self.process)

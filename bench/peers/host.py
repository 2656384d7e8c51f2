# Runs one contestant of Python in a process of its own; host.ts is the same for JavaScript: python host.py ADAPTER OPTIONS.
import importlib.util
import json
import os
import sys
import time

import numpy as np


def answer(**reply):
    sys.stdout.write(json.dumps(reply, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def read_inputs(task, file):
    """The parts of what tasks.ts wrote: A, B; or W and b of every layer, x, then labels or target."""
    numbers = np.fromfile(file, dtype=np.float32)
    at = 0

    def following(*shape):
        nonlocal at
        size = int(np.prod(shape))
        part = numbers[at : at + size].reshape(shape).copy()
        at += size
        return part

    if task["kind"] == "product":
        return dict(task, A=following(task["m"], task["k"]), B=following(task["k"], task["n"]))
    widths, rows = task["widths"], task["rows"]
    layers = [(following(n, m), following(m)) for n, m in zip(widths, widths[1:])]
    x = following(rows, widths[0])
    if task["loss"] == "mse":
        return dict(task, layers=layers, x=x, target=following(rows, widths[-1]))
    return dict(task, layers=layers, x=x, labels=following(rows).astype(np.int64))


def read_digits(folder):
    def images(name):
        return np.fromfile(os.path.join(folder, name), dtype=np.uint8)[16:].reshape(-1, 784).astype(np.float32) / 255

    def labels(name):
        return np.fromfile(os.path.join(folder, name), dtype=np.uint8)[8:].astype(np.int64)

    return dict(
        train_x=images("train-images-idx3-ubyte"),
        train_y=labels("train-labels-idx1-ubyte"),
        test_x=images("t10k-images-idx3-ubyte"),
        test_y=labels("t10k-labels-idx1-ubyte"),
    )


def run(job, runs=None, milliseconds=None):
    """Runs so often, or so long, whichever ends first."""
    runs, milliseconds = runs or float("inf"), milliseconds or float("inf")
    begin = time.perf_counter()
    count, elapsed = 0, 0.0
    once = job.run
    while count < runs and elapsed < milliseconds:
        # as many as are likely to fit before the clock is asked again
        guess = int(count * min(milliseconds - elapsed, 20) / elapsed) if elapsed else 1
        following = min(runs - count, max(1, guess))
        for _ in range(following):
            once()
        count += following
        elapsed = 1000 * (time.perf_counter() - begin)
    return dict(runs=count, milliseconds=elapsed)


def memory():
    try:
        with open("/proc/self/status") as file:
            status = dict(line.split(":", 1) for line in file)
        return dict(peakMiB=int(status["VmHWM"].split()[0]) / 1024, nowMiB=int(status["VmRSS"].split()[0]) / 1024)
    except OSError:
        import resource

        return dict(peakMiB=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)  # of macOS, in bytes


def size(name):
    """Bytes and number of a package and all that it requires, as pip installed them."""
    import importlib.metadata as metadata
    import re

    waiting, seen, total = [name], set(), 0
    while waiting:
        each = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if each in seen:
            continue
        try:
            package = metadata.distribution(each)
        except metadata.PackageNotFoundError:
            continue  # of another platform, or optional
        seen.add(each)
        for file in package.files or []:
            path = package.locate_file(file)
            if os.path.isfile(path):
                total += os.path.getsize(path)
        for requirement in package.requires or []:
            if "extra ==" not in requirement:
                waiting.append(re.match(r"[\w.-]+", requirement).group())
    return dict(installedBytes=total, packages=len(seen))


def main():
    file, options = sys.argv[1], json.loads(sys.argv[2])
    try:
        spec = importlib.util.spec_from_file_location("adapter", file)
        adapter = importlib.util.module_from_spec(spec)
        # an adapter may have the name of its library: its folder must not come first
        sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(file))]
        spec.loader.exec_module(adapter)
        contestant = adapter.Adapter(options)
        answer(ok=True, version=contestant.version)
    except Exception as error:
        answer(ok=False, problem=f"{type(error).__name__}: {error}".split("\n")[0][:300])
        sys.exit(1)
    job = epochs = None
    for line in sys.stdin:
        message = json.loads(line)
        what = message["do"]
        reply = {}
        try:
            if what == "prepare":
                job = None
                inputs = read_inputs(message["task"], message["inputs"])
                if message["job"] == "step":
                    job = contestant.step(inputs, message["lr"])
                else:
                    job = getattr(contestant, message["job"])(inputs)
            elif what == "result":
                result = job.result()
                if isinstance(result, float):
                    reply = dict(result=result)
                else:
                    result.astype(np.float32).tofile(message["output"])
            elif what == "run":
                reply = run(job, message.get("runs"), message.get("milliseconds"))
            elif what == "prepareEpochs":
                inputs = read_inputs(message["task"], message["inputs"])
                epochs = contestant.epoch(inputs, read_digits(message["digits"]), message["lr"])
            elif what == "epoch":
                begin = time.perf_counter()
                epochs.run()
                reply = dict(milliseconds=1000 * (time.perf_counter() - begin))
            elif what == "accuracy":
                reply = dict(result=epochs.accuracy())
            elif what == "memory":
                reply = memory()
            elif what == "size":
                reply = size(contestant.package)
            answer(ok=True, **reply)
        except Exception as error:
            answer(ok=False, problem=f"{type(error).__name__}: {error}".split("\n")[0][:300])


main()

"""PyTorch and Triton on an NVIDIA GPU: a line of JSON a request on stdin, a line of JSON a reply on stdout.

What requests and replies hold is in ../cuda/protocol.ts, the numbers of operands in ../cuda/workload.ts.
"""

import json
import math
import os
import sys
import time

MASK = 0xFFFFFFFF
SAMPLED = 4096
# Runs that one CUDA graph holds.
MOST_RUNS = 64


class Missing(Exception):
    """A contestant that cannot take part in a case."""


def values(torch, shape, seed, dtype):
    """Multiples of 1/512 in [-1, 1): a hash of each position."""
    bits = torch.arange(math.prod(shape), dtype=torch.int64, device="cuda")
    bits = ((bits + seed * 7919) * 0x9E3779B1) & MASK
    bits = ((bits ^ (bits >> 15)) * 0x2C1B3C6D) & MASK
    return ((bits >> 22).to(torch.float32) / 512 - 1).to(dtype).reshape(shape)


def operand_shapes(c):
    kind = c["kind"]
    if kind == "matmul":
        return [(c["m"], c["k"]), (c["k"], c["n"])]
    if kind in ("softmax", "row-sum"):
        return [(c["rows"], c["columns"])]
    if kind == "layer-norm":
        return [(c["rows"], c["columns"]), (c["columns"],), (c["columns"],)]
    if kind == "attention":
        return [(c["batch"], c["heads"], c["length"], c["size"])] * 3
    if kind == "conv":
        filters = (c["filters"], c["channels"], c["kernel"], c["kernel"])
        return [(1, c["channels"], c["extent"], c["extent"]), filters, (c["filters"],)]
    raise Missing(f"{kind} is not written down for it")


def torch_work(torch, c):
    functional = torch.nn.functional
    kind = c["kind"]
    if kind == "matmul":
        return torch.matmul
    if kind == "softmax":
        return lambda x: torch.softmax(x, -1)
    if kind == "row-sum":
        return lambda x: torch.sum(x, 1)
    if kind == "layer-norm":
        return lambda x, scale, bias: functional.layer_norm(x, (c["columns"],), scale, bias, 1e-5)
    if kind == "attention":
        return lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=c["causal"])
    return lambda x, w, b: functional.conv2d(x, w, b, stride=c["stride"], padding=(c["kernel"] - 1) // 2)


def compiled(torch, work):
    # Of all that one piece of code became, only so many are kept: those of other cases must go.
    torch.compiler.reset()

    # Builtins are not compiled, what calls them is.
    def call(*operands):
        return work(*operands)

    return torch.compile(call, fullgraph=True, dynamic=False)


def triton_work(c):
    if c["kind"] != "matmul":
        raise Missing("only its tutorial's product of matrices is written down")
    from cuda_triton_matmul import matmul

    return matmul


def settle_precision(torch):
    """f32 is f32, and sums of halves are f32."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
    torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cudnn.benchmark = True


def version_of(name):
    try:
        return __import__(name).__version__
    except ImportError:
        return "none"


def tf32_of(torch):
    try:
        return f"matmul {torch.get_float32_matmul_precision()}, cudnn {torch.backends.cudnn.allow_tf32}"
    except RuntimeError as error:  # Versions differ in which settings may be read after which were made.
        return f"set to off, but: {error}".split("\n")[0]


def facts_of(torch, method):
    return {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "triton": version_of("triton"),
        "cuda": str(torch.version.cuda),
        "cudnn": str(torch.backends.cudnn.version()),
        "device": torch.cuda.get_device_name(0),
        "capability": ".".join(map(str, torch.cuda.get_device_capability(0))),
        "tf32": tf32_of(torch),
        "method": method,
    }


class Measured:
    """A case that is ready to be run."""

    def __init__(self, request):
        try:
            import torch
        except ImportError as error:
            raise Missing(str(error)) from error
        if not torch.cuda.is_available():
            raise Missing("torch finds no CUDA GPU")
        self.torch = torch
        settle_precision(torch)
        computation = request["computation"]
        dtype = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}[computation["dtype"]]
        shapes = operand_shapes(computation)
        operands = [values(torch, shape, seed + 1, dtype) for seed, shape in enumerate(shapes)]
        torch.cuda.synchronize()
        self.least_ms = request["leastMs"]
        contestant = request["contestant"]
        start = time.perf_counter()
        work = triton_work(computation) if contestant == "triton" else torch_work(torch, computation)
        if contestant == "torch-compile":
            work = compiled(torch, work)
        self.run_once = lambda: work(*operands)
        with torch.no_grad():
            result = self.run_once()
            torch.cuda.synchronize()
        self.first_ms = (time.perf_counter() - start) * 1000
        self.sample = self.sample_of(result)
        with torch.no_grad():
            self.run_once()
            alone = self.time(self.run_once, 1)
        runs = max(1, min(MOST_RUNS, math.ceil(self.least_ms / 4 / max(alone, 0.001))))
        self.replay, self.runs, self.method = self.captured(runs)
        with torch.no_grad():
            once = self.time(self.replay, 1)
        self.count = max(1, math.ceil(self.least_ms / max(once, 0.001)))

    def sample_of(self, result):
        flat = result.detach().to(self.torch.float32).flatten()
        count = min(SAMPLED, flat.numel())
        at = self.torch.arange(count, dtype=self.torch.int64, device=flat.device) * flat.numel() // count
        return [x if math.isfinite(x) else None for x in flat[at].tolist()]

    def captured(self, runs):
        """What makes several runs, how many, and how."""
        torch = self.torch
        try:
            with torch.no_grad():
                side = torch.cuda.Stream()
                side.wait_stream(torch.cuda.current_stream())
                with torch.cuda.stream(side):
                    for _ in range(3):
                        self.run_once()
                torch.cuda.current_stream().wait_stream(side)
                torch.cuda.synchronize()
                graph = torch.cuda.CUDAGraph()
                with torch.cuda.graph(graph):
                    for _ in range(runs):
                        self.run_once()
            graph.replay()
            torch.cuda.synchronize()
            return graph.replay, runs, f"CUDA graphs of {runs} runs, time between events"
        except Exception as error:  # What cannot be captured is launched.
            print(f"no CUDA graph: {error}", file=sys.stderr)
            torch.cuda.synchronize()
            return self.run_once, 1, "run after run, time between events"

    def run(self):
        torch = self.torch
        before = time.process_time()
        with torch.no_grad():
            torch.cuda.synchronize()
            start = time.perf_counter()
            self.run_once()
            torch.cuda.synchronize()
            wall_ms = (time.perf_counter() - start) * 1000
            device_ms = self.time(self.replay, self.count) / (self.count * self.runs)
        return {
            "kind": "ran",
            "wallMs": wall_ms,
            "deviceMs": device_ms,
            "cpuMs": (time.process_time() - before) * 1000,
        }

    def time(self, work, count):
        """Of so many calls, on the device, ms."""
        torch = self.torch
        first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        first.record()
        for _ in range(count):
            work()
        last.record()
        torch.cuda.synchronize()
        return first.elapsed_time(last)


def answer(request, state):
    if request["kind"] == "run":
        return state["measured"].run()
    # Its memory first.
    state.clear()
    measured = Measured(request)
    state["measured"] = measured
    return {
        "kind": "ready",
        "firstMs": measured.first_ms,
        "sample": measured.sample,
        "facts": facts_of(measured.torch, measured.method),
    }


def main():
    # Libraries print what they like; replies alone go to stdout.
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), state)
        except Missing as missing:
            reply = {"kind": "failed", "reason": str(missing)}
        except Exception as error:
            reply = {"kind": "failed", "reason": f"{type(error).__name__}: {error}".split("\n")[0]}
        replies.write(json.dumps(reply) + "\n")
        replies.flush()


if __name__ == "__main__":
    main()

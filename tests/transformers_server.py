"""`transformers serve` with a tiny random chat model, in a Python of its own: it brings PyTorch.

It is a strange server of the kind that users meet: it streams, whatever was asked, and tells no
probabilities. Another one, named by `TFKD_OPENAI_URL` with `TFKD_OPENAI_MODEL`, takes its place.
"""

import contextlib
import os
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(os.environ.get("TFKD_SERVE", ROOT / ".venv-serve" / "bin" / "python"))
URL, MODEL = "TFKD_OPENAI_URL", "TFKD_OPENAI_MODEL"
SECONDS = 150
"""For PyTorch to be imported on a busy machine."""
MAKE = """
import sys
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

letters = sorted(pre_tokenizers.ByteLevel.alphabet())
vocabulary = {piece: number for number, piece in enumerate(["<s>", "</s>", "<pad>", *letters])}
tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
# Without the names of the inputs, the server hangs on token types.
fast = PreTrainedTokenizerFast(
    tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>",
    model_input_names=["input_ids", "attention_mask"],
)
fast.chat_template = "{% for message in messages %}{{ message['content'] }}\\n{% endfor %}"
fast.save_pretrained(sys.argv[1])
torch.manual_seed(0)
sizes = dict(hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2)
config = LlamaConfig(
    vocab_size=len(vocabulary), bos_token_id=0, eos_token_id=1, pad_token_id=2,
    max_position_embeddings=4096, **sizes
)
model = LlamaForCausalLM(config)
with torch.no_grad():
    # An answer is A or B, and then the end.
    way, letters = torch.ones(64), [vocabulary["A"], vocabulary["B"]]
    model.lm_head.weight *= 0.01
    model.lm_head.weight[letters] = torch.randn(2, 64)
    model.lm_head.weight[letters] -= model.lm_head.weight[letters].mean(1, keepdim=True)
    model.model.embed_tokens.weight[letters] = 10.0 * way
    # The line end is the last that is read.
    model.model.embed_tokens.weight[vocabulary["Ċ"]] = model.lm_head.weight[letters].sum(0)
    model.lm_head.weight[vocabulary["</s>"]] = way
model.save_pretrained(sys.argv[1])
"""


@contextlib.contextmanager
def serving_transformers(folder):
    """Yield address and name of a model that is served while the block runs.

    Skips the test where there is neither another server nor a Python with transformers' server.
    """
    if os.environ.get(URL):
        yield os.environ[URL].rstrip("/"), os.environ.get(MODEL, "default")
        return
    if not PYTHON.exists():
        pytest.skip(
            f"needs `transformers serve`: .ci/run makes {PYTHON}, or name a Python in TFKD_SERVE, "
            f"or another server in {URL}"
        )
    # Neither a token, nor a model hub, nor the cache of the user.
    settings = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **settings}
    environment.pop("PYTHONPATH", None)
    model = folder / "model"
    subprocess.run([PYTHON, "-c", MAKE, model], check=True, env=environment, cwd=folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON.with_name("transformers"), "serve", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--force_model", str(model)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environment, cwd=folder)
        try:
            _wait(server, port, folder / "log")
            yield f"http://127.0.0.1:{port}/v1", str(model)
        finally:
            server.terminate()
            server.wait(30)


def _wait(server, port, log):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()[-2000:]
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
            return
        time.sleep(0.2)
    raise AssertionError(f"the server did not start in {SECONDS} s: {log.read_text()[-2000:]}")

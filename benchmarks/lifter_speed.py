"""How much faster our TCPFormer is than its formulas carried out as they are written, with the same weights.

    python benchmarks/lifter_speed.py [--frames 81,243] [--rounds 5] [--device cpu|cuda] [--batch N]

``Literal`` is written from the specification alone: attention maps by an explicit softmax, the map through the
proxies as a matrix of T x T values, every scale and residual by itself, the mirrored pass by itself. Both are checked
to give the same numbers (float32 on either device), then timed in turn with random weights of the official size.
On the CPU one thread is used and its process time counts, so other work on the machine hardly matters; on a GPU the
literal network runs in float32 and ours as ``Lifter`` runs it there, in bfloat16.
"""

import argparse
import time
from collections.abc import Callable
from statistics import median

import torch
from posewright.core.lifting.lifter import precision
from posewright.core.lifting.tcpformer import (
    CrossAttention,
    EncoderLayer,
    Mlp,
    ProxyBlock,
    SelfAttention,
    SubBlock,
    TCPFormer,
    TemporalLayer,
)
from torch import Tensor

TOLERANCE = 2e-4
OUTPUT_SCALE = 0.3  # layer scales of trained networks are far from the 1e-5 that they start with
GPU_FRAMES = 16384

Heads = tuple[Tensor, Tensor, Tensor]


class Literal:
    """The formulas of the network, with the weights of ``model``; tokens are (B,T,J,C) throughout."""

    def __init__(self, model: TCPFormer) -> None:
        self.model = model

    def __call__(self, x: Tensor) -> Tensor:
        """Lift (B,T,J,3) to (B,T,J,3)."""
        model = self.model
        x = model.joints_embed(x) + model.pos_embed
        proxy = (model.center_pose + model.center_pos_embed)[None].repeat(x.shape[0], 1, 1, 1)
        for encoder, temporal in zip(model.layers, model.temporal_layers, strict=True):
            assert isinstance(encoder, EncoderLayer) and isinstance(temporal, TemporalLayer)
            x = self.local(temporal, self.encode(encoder, x))
            x, proxy = self.through_proxies(temporal.cross_temporal, x, proxy)
        return model.head(model.rep_logit(model.norm(x)))

    def encode(self, layer: EncoderLayer, x: Tensor) -> Tensor:
        """Run the two streams of an encoder layer and weigh them."""
        a = self.layer(layer.att_temporal, self.layer(layer.att_spatial, x, spatial=True), spatial=False)
        g = self.layer(layer.graph_temporal, self.layer(layer.graph_spatial, x, spatial=False), spatial=True)
        alpha = torch.softmax(layer.fusion(torch.cat((a, g), dim=-1)), dim=-1)
        return alpha[..., :1] * a + alpha[..., 1:] * g

    def layer(self, block: SubBlock, x: Tensor, spatial: bool) -> Tensor:
        """Run a transformer layer over joints or over frames."""
        x = x + block.layer_scale_1 * self.attend(block.mixer, block.norm1(x), spatial)
        return x + block.layer_scale_2 * self.mlp(block.mlp, block.norm2(x))

    def local(self, layer: TemporalLayer, x: Tensor) -> Tensor:
        """Run the thirds of the clip."""
        parts = []
        for k, part in enumerate(x.split(-(-x.shape[1] // 3), dim=1)):
            attention, mlp = layer.local_attention_list[k], layer.loacl_mlps[k]
            assert isinstance(attention, SelfAttention) and isinstance(mlp, Mlp)
            part = part + layer.local_scale * self.attend(attention, layer.local_norms[k](part), spatial=False)
            parts.append(part + layer.local_scale * self.mlp(mlp, layer.local_norms[k + 3](part)))
        return torch.cat(parts, dim=1)

    def through_proxies(self, block: ProxyBlock, x: Tensor, proxy: Tensor) -> tuple[Tensor, Tensor]:
        """Update the proxies, then the frames; the maps of both steps together are M = A2 A1."""
        full = block.norm_full(x)
        to_proxy, update = self.cross(block.center_full, block.norm_center(proxy), full)
        proxy = proxy + block.layer_scale_1 * update
        proxy = proxy + block.layer_scale_2 * self.mlp(block.mlp_1, block.norm_1(proxy))
        to_frames, update = self.cross(block.full_center, full, block.norm_center(proxy))
        x = x + block.layer_scale_3 * update
        x = x + block.layer_scale_4 * self.mlp(block.mlp_2, block.norm_2(x))
        through = to_frames @ to_proxy
        x = x + block.layer_scale_7 * self.attend(block.map_sa_self, block.norm_sa_self(x), spatial=False)
        x = x + block.layer_scale_8 * self.mlp(block.mlp_sa_self, block.norm_mlp_self(x))
        w = torch.sigmoid(block.att_weight)
        q, k, v = self.heads(block.map_sum, block.norm_sa_1(x), spatial=False)
        mixed = w * torch.softmax(q @ k.transpose(-1, -2) * block.map_sum.scale, dim=-1) + (1 - w) * through
        x = x + block.layer_scale_5 * block.map_sum.proj(self.merge(mixed @ v, spatial=False))
        return x + block.layer_scale_6 * self.mlp(block.mlp_sa, block.norm_sa_2(x)), proxy

    def cross(self, attention: CrossAttention, target: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return the map (B,J,H,L,S) and what it gathers, along time."""
        q, k, v = (
            weight(values).unflatten(-1, (attention.num_heads, -1)).permute(0, 2, 3, 1, 4)
            for weight, values in ((attention.wq, target), (attention.wk, source), (attention.wv, source))
        )
        weights = torch.softmax(q @ k.transpose(-1, -2) * attention.scale, dim=-1)
        return weights, attention.proj(self.merge(weights @ v, spatial=False))

    def attend(self, attention: SelfAttention, x: Tensor, spatial: bool) -> Tensor:
        """Attend over the joints of a frame or over the frames of a joint."""
        q, k, v = self.heads(attention, x, spatial)
        weights = torch.softmax(q @ k.transpose(-1, -2) * attention.scale, dim=-1)
        return attention.proj(self.merge(weights @ v, spatial))

    @staticmethod
    def heads(attention: SelfAttention, x: Tensor, spatial: bool) -> Heads:
        """Return query, key and value: (B,T,H,J,d) over joints, (B,J,H,T,d) over frames."""
        qkv = attention.qkv(x).unflatten(-1, (3, attention.num_heads, -1))
        q, k, v = qkv.permute(3, 0, 1, 4, 2, 5) if spatial else qkv.permute(3, 0, 2, 4, 1, 5)
        return q, k, v

    @staticmethod
    def merge(heads: Tensor, spatial: bool) -> Tensor:
        """Undo the layout of ``heads``: (B,T,J,C)."""
        return (heads.permute(0, 1, 3, 2, 4) if spatial else heads.permute(0, 3, 1, 2, 4)).flatten(-2)

    @staticmethod
    def mlp(mlp: Mlp, x: Tensor) -> Tensor:
        """Two linear layers with an exact GELU between them."""
        return mlp.fc2(torch.nn.functional.gelu(mlp.fc1(x)))


def mirrored(x: Tensor) -> Tensor:
    """Mirror a clip (B,T,17,C) in the joint order of Human3.6M."""
    swapped = x[:, :, [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]]
    return torch.cat((-swapped[..., :1], swapped[..., 1:]), dim=-1)


def seconds(run: Callable[[], object], device: torch.device) -> float:
    """Return the time of one run: of this process on the CPU, of the clock on a GPU."""
    if device.type != "cuda":
        start = time.process_time()
        run()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def compare(frames: int, rounds: int, device: torch.device, batch: int) -> list[str]:
    """Check and time both on clips of so many frames; return the lines of the table."""
    torch.manual_seed(0)
    model = TCPFormer(n_frames=frames, layer_scale_init_value=OUTPUT_SCALE).to(device).eval()
    for layer in model.temporal_layers:
        layer.local_scale = 1e-5  # pyright: ignore[reportAttributeAccessIssue]
    literal, x = Literal(model), torch.randn(batch, frames, 17, 3, device=device)

    def ours(clips: Tensor) -> Tensor:
        with precision(device):
            return model(clips)

    def both_ways() -> Tensor:
        plain, flipped = ours(torch.cat((x, mirrored(x)))).chunk(2)
        return (plain + mirrored(flipped)) / 2

    def one_after_the_other() -> Tensor:
        return (literal(x) + mirrored(literal(mirrored(x)))) / 2

    apart = float((model(x) - literal(x)).abs().max())
    if apart > TOLERANCE:
        raise SystemExit(f"the two differ by {apart:.1e}")
    lines = []
    pairs = {
        "forward": (lambda: literal(x), lambda: ours(x)),
        "with mirrored": (one_after_the_other, both_ways),
    }
    for name, (theirs, our) in pairs.items():
        theirs()
        our()
        times = [(seconds(theirs, device), seconds(our, device)) for _ in range(rounds)]
        slow, fast = (median(column) for column in zip(*times, strict=True))
        ratio = median(a / b for a, b in times)
        lines.append(f"{frames:>6} {batch:>5} {name:<14} {slow:>9.3f} {fast:>8.3f} {ratio:>7.2f}   {apart:.0e}")
    return lines


@torch.inference_mode()
def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", default="81,243", help="lengths of the clips")
    parser.add_argument("--rounds", type=int, default=5, help="timings of which the median counts")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, help="clips at a time: 1 on the CPU, as many as fill a GPU there")
    options = parser.parse_args()
    device = torch.device(options.device)
    torch.set_num_threads(1)
    print("frames batch what             literal     ours   ratio   apart")
    for frames in (int(part) for part in options.frames.split(",")):
        batch = options.batch or (1 if device.type == "cpu" else GPU_FRAMES // frames // 2)
        for line in compare(frames, options.rounds, device, batch):
            print(line, flush=True)


if __name__ == "__main__":
    main()

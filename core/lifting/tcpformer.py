"""TCPFormer: a lifting transformer whose temporal attention passes through a few learnt proxy frames.

Method: Liu et al., "TCPFormer: Learning Temporal Correlation with Implicit Pose Proxy for 3D Human
Pose Estimation" (AAAI 2025). Written from a description of the network, not from its code; module
and parameter names are those of the official state dict, so that its checkpoints load strictly.

Shapes: B clips, T frames, J joints, C = dim_feat channels, H heads, N = n_frames // 3 proxies.
Spatial sub-blocks work on (B*T,J,C), temporal ones on (B*J,T,C); only the encoder changes layout.

Beyond the official network, all off by default: time in the temporal attentions (``position``), a prior of trajectories
(``graph_prior``), and features of whole frames from elsewhere (``FrameFeatures``). Each starts
without effect, so weights that were trained without it give the same numbers.
"""

from collections import OrderedDict
from typing import Any, Final, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from .graph_prior import TrajectoryPrior
from .position import TimeRotation, relative_times

IGNORED_OPTIONS: Final = frozenset(
    (
        "graph_only",
        "hierarchical",
        "lambda_mi",
        "neighbour_num",
        "temporal_connection_len",
        "use_tcn",
        "use_temporal_similarity",
    )
)
"""Keywords of the official configurations that change nothing there and are accepted here."""

EXPLICIT_KEYS: Final = range(20, 33)
"""Numbers of keys for which two plain products take half the time of the fused attention of CPUs, whose vectors do
not fill up with so few; for fewer or more keys the fused one is faster."""


def _scale(dim: int, init: float) -> nn.Parameter:
    return nn.Parameter(torch.full((dim,), init))


class Mlp(nn.Module):
    """Two linear layers with an exact GELU between them."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(dim, hidden)
        self.fc2 = nn.Linear(hidden, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (...,C) to (...,C)."""
        hidden = self.fc1(x)
        # the widest tensor of all: in place it stays in the cache; training needs it as it was
        hidden = F.gelu(hidden) if torch.is_grad_enabled() else torch.ops.aten.gelu_(hidden)
        return self.fc2(hidden)


class SelfAttention(nn.Module):
    """Multi-head self-attention along the second axis of (B',L,C); with ``time_gate`` that axis knows time."""

    def __init__(
        self, dim: int, num_heads: int, qkv_bias: bool, qkv_scale: float | None, time_gate: float | None = None
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = qkv_scale if qkv_scale is not None else (dim // num_heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)
        self.rotation = None if time_gate is None else TimeRotation(num_heads, dim // num_heads, time_gate)

    def heads(self, x: Tensor, times: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
        """Return query, key and value, each (B',H,L,C/H)."""
        batch, length, dim = x.shape
        qkv = self.qkv(x).view(batch, length, 3, self.num_heads, dim // self.num_heads)
        if self.rotation is None or times is None:
            q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
            return q, k, v
        q, k = self.rotation(qkv[:, :, :2], times).permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, qkv[:, :, 2].transpose(1, 2)

    def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
        """Map (B',L,C) to (B',L,C)."""
        q, k, v = self.heads(x, times)
        return self.proj(_merge(_attend(q, k, v, self.scale)))


class CrossAttention(nn.Module):
    """Multi-head attention from (B',L,C) onto (B',S,C); also hands out its query and key."""

    def __init__(self, dim: int, num_heads: int, qkv_bias: bool, qkv_scale: float | None) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = qkv_scale if qkv_scale is not None else (dim // num_heads) ** -0.5
        self.wq = nn.Linear(dim, dim, bias=qkv_bias)
        self.wk = nn.Linear(dim, dim, bias=qkv_bias)
        self.wv = nn.Linear(dim, dim, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim)

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def _key_and_value(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """Return (B',H,S,d) each; one product of matrices is faster than two of half the size."""
        weight = torch.cat((self.wk.weight, self.wv.weight))
        bias = None if self.wk.bias is None else torch.cat((self.wk.bias, self.wv.bias))
        key, value = F.linear(source, weight, bias).chunk(2, dim=-1)
        return self._split(key), self._split(value)

    def forward(self, target: Tensor, source: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the attended (B',L,C) and (query, key), from which the attention map can be applied again."""
        q, (k, v) = self._split(self.wq(target)), self._key_and_value(source)
        attended = _attend(q, k, v, self.scale)
        return self.proj(_merge(attended)), (q, k)


class ProxyMixedAttention(SelfAttention):
    """Self-attention whose map A is blended with the map A2 A1 that leads through the proxies.

    (w A + (1 - w) A2 A1) v is computed as w A v + (1 - w) A2 (A1 v): the same numbers by
    associativity, without a map of T x T values.
    """

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self,
        x: Tensor,
        w: Tensor,
        to_proxy: tuple[Tensor, Tensor],
        to_frames: tuple[Tensor, Tensor],
        times: Tensor | None = None,
    ) -> Tensor:
        """Map (B',T,C) to (B',T,C); ``to_proxy`` and ``to_frames`` are (query, key) of A1 and A2."""
        q, k, v = self.heads(x, times)
        direct = _attend(q, k, v, self.scale)
        gathered = _attend(*to_proxy, v, self.scale)
        through_proxy = _attend(*to_frames, gathered, self.scale)
        return self.proj(_merge(torch.lerp(through_proxy, direct, w.to(direct.dtype))))


def _attend(query: Tensor, key: Tensor, value: Tensor, scale: float) -> Tensor:
    """Attend from (B',H,L,d) onto (B',H,S,d)."""
    if key.shape[2] in EXPLICIT_KEYS and query.device.type == "cpu":
        return torch.softmax((query * scale) @ key.transpose(-1, -2), dim=-1) @ value
    return F.scaled_dot_product_attention(query, key, value, scale=scale)


def _merge(heads: Tensor) -> Tensor:
    """(B',H,L,d) to (B',L,H*d)."""
    return heads.transpose(1, 2).flatten(2)


class SubBlock(nn.Module):
    """A pre-norm transformer layer with a learnt scale on each residual."""

    def __init__(self, attention: SelfAttention, dim: int, hidden: int, scale_init: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.mixer = attention
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, hidden)
        self.layer_scale_1 = _scale(dim, scale_init)
        self.layer_scale_2 = _scale(dim, scale_init)

    def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
        """Map (B',L,C) to (B',L,C)."""
        x = torch.addcmul(x, self.layer_scale_1, self.mixer(self.norm1(x), times))
        return torch.addcmul(x, self.layer_scale_2, self.mlp(self.norm2(x)))


class EncoderLayer(nn.Module):
    """Space-then-time beside time-then-space, fused by two weights per token."""

    def __init__(
        self, dim: int, hidden: int, scale_init: float, attention: dict[str, Any], time_gate: float | None
    ) -> None:
        super().__init__()

        def block(gate: float | None = None) -> SubBlock:
            return SubBlock(SelfAttention(dim, **attention, time_gate=gate), dim, hidden, scale_init)

        self.att_spatial = block()
        self.att_temporal = block(time_gate)
        self.graph_spatial = block(time_gate)  # attends over time in spite of its official name
        self.graph_temporal = block()  # attends over joints
        self.fusion = nn.Linear(2 * dim, 2)
        nn.init.zeros_(self.fusion.weight)
        nn.init.constant_(self.fusion.bias, 0.5)

    def forward(self, x: Tensor, times: Tensor | None = None) -> Tensor:
        """Map (B,T,J,C) to (B,T,J,C)."""
        by_frame = x.flatten(0, 1)
        by_joint = x.transpose(1, 2).flatten(0, 1)
        space_first = _swap(self.att_spatial(by_frame), x.shape[0])
        space_first = self.att_temporal(space_first, times)
        time_first = _swap(self.graph_spatial(by_joint, times), x.shape[0])
        time_first = self.graph_temporal(time_first).view(x.shape)
        space_first = _swap(space_first, x.shape[0]).view(x.shape)
        logits = self.fusion(torch.cat((space_first, time_first), dim=-1))
        # a softmax over two logits is the sigmoid of their difference
        weight = torch.sigmoid(logits[..., :1] - logits[..., 1:])
        return torch.lerp(time_first, space_first, weight.to(time_first.dtype))


def _swap(x: Tensor, batch: int) -> Tensor:
    """(B*P,Q,C) to (B*Q,P,C)."""
    return x.unflatten(0, (batch, -1)).transpose(1, 2).flatten(0, 1)


class ProxyBlock(nn.Module):
    """Frames inform the proxies, the proxies inform the frames, then two temporal attentions."""

    layer_scale_1: nn.Parameter
    layer_scale_2: nn.Parameter
    layer_scale_3: nn.Parameter
    layer_scale_4: nn.Parameter
    layer_scale_5: nn.Parameter
    layer_scale_6: nn.Parameter
    layer_scale_7: nn.Parameter
    layer_scale_8: nn.Parameter

    def __init__(
        self, dim: int, hidden: int, scale_init: float, attention: dict[str, Any], time_gate: float | None
    ) -> None:
        super().__init__()
        for number in range(1, 9):
            setattr(self, f"layer_scale_{number}", _scale(dim, scale_init))
        self.att_weight = nn.Parameter(torch.rand(1))
        self.norm_full = nn.LayerNorm(dim)
        self.norm_center = nn.LayerNorm(dim)
        self.norm_1 = nn.LayerNorm(dim)
        self.norm_2 = nn.LayerNorm(dim)
        self.norm_sa_self = nn.LayerNorm(dim)
        self.norm_mlp_self = nn.LayerNorm(dim)
        self.norm_sa_1 = nn.LayerNorm(dim)
        self.norm_sa_2 = nn.LayerNorm(dim)
        self.center_full = CrossAttention(dim, **attention)
        self.full_center = CrossAttention(dim, **attention)
        self.map_sa_self = SelfAttention(dim, **attention, time_gate=time_gate)
        self.map_sum = ProxyMixedAttention(dim, **attention, time_gate=time_gate)
        self.mlp_1 = Mlp(dim, hidden)
        self.mlp_2 = Mlp(dim, hidden)
        self.mlp_sa_self = Mlp(dim, hidden)
        self.mlp_sa = Mlp(dim, hidden)

    def forward(self, x: Tensor, proxy: Tensor, times: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Map frames (B*J,T,C) and proxies (B*J,N,C), which have no time, to their next values."""
        full = self.norm_full(x)
        update, to_proxy = self.center_full(self.norm_center(proxy), full)
        proxy = torch.addcmul(proxy, self.layer_scale_1, update)
        proxy = torch.addcmul(proxy, self.layer_scale_2, self.mlp_1(self.norm_1(proxy)))
        update, to_frames = self.full_center(full, self.norm_center(proxy))
        x = torch.addcmul(x, self.layer_scale_3, update)
        x = torch.addcmul(x, self.layer_scale_4, self.mlp_2(self.norm_2(x)))
        x = torch.addcmul(x, self.layer_scale_7, self.map_sa_self(self.norm_sa_self(x), times))
        x = torch.addcmul(x, self.layer_scale_8, self.mlp_sa_self(self.norm_mlp_self(x)))
        w = torch.sigmoid(self.att_weight)
        x = torch.addcmul(x, self.layer_scale_5, self.map_sum(self.norm_sa_1(x), w, to_proxy, to_frames, times))
        x = torch.addcmul(x, self.layer_scale_6, self.mlp_sa(self.norm_sa_2(x)))
        return x, proxy


class TemporalLayer(nn.Module):
    """Attention within each third of the clip, then the proxy block."""

    def __init__(
        self, dim: int, hidden: int, scale_init: float, attention: dict[str, Any], time_gate: float | None
    ) -> None:
        super().__init__()
        self.local_attention_list = nn.ModuleList(SelfAttention(dim, **attention) for _ in range(3))
        self.loacl_mlps = nn.ModuleList(Mlp(dim, hidden) for _ in range(3))  # spelt as in the official state dict
        self.local_norms = nn.ModuleList(nn.LayerNorm(dim) for _ in range(6))
        self.cross_temporal = ProxyBlock(dim, hidden, scale_init, attention, time_gate)
        # not a parameter: the official code never registers, trains or stores these scales, so they
        # stay single precision in a double model too
        self.local_scale = torch.tensor(scale_init, dtype=torch.float32, device="cpu").item()

    def local(self, x: Tensor) -> Tensor:
        """Run the local branch on (B*J,T,C); clips of 1, 2 or 4 frames have fewer than three parts."""
        parts = []
        for index, part in enumerate(x.split(-(-x.shape[1] // 3), dim=1)):
            attended = self.local_attention_list[index](self.local_norms[index](part))
            part = torch.add(part, attended, alpha=self.local_scale)
            corrected = self.loacl_mlps[index](self.local_norms[index + 3](part))
            parts.append(torch.add(part, corrected, alpha=self.local_scale))
        return torch.cat(parts, dim=1)

    def forward(
        self, x: Tensor, proxy: Tensor, local_branch: bool, times: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Map frames (B*J,T,C) and proxies (B*J,N,C) to their next values."""
        return self.cross_temporal(self.local(x) if local_branch else x, proxy, times)


class FrameFeatures(nn.Module):
    """Adds what another network knows about a whole frame to the tokens of its joints; starts without effect."""

    def __init__(self, width: int, rank: int, num_joints: int, dim: int) -> None:
        super().__init__()
        self.num_joints = num_joints
        self.reduce = nn.Linear(width, num_joints * rank)
        self.embed = nn.Linear(rank, dim, bias=False)
        nn.init.zeros_(self.embed.weight)

    def forward(self, features: Tensor) -> Tensor:
        """Map (B,T,width) to (B,T,J,C)."""
        return self.embed(self.reduce(features).unflatten(-1, (self.num_joints, -1)))


class TCPFormer(nn.Module):
    """Lift a clip of 2D keypoints to one 3D pose per frame.

    ``n_frames`` is the length of training clips; it only sets the number of proxies, and any clip of
    one frame or more can be lifted. Without ``time_position`` there is no temporal position, so apart
    from the local branch the network sees a set of frames, whatever their order or rate.

    ``time_position`` turns queries and keys of the temporal attentions by the time of their frames
    (``position.TimeRotation``); frames of unknown time lie ``stride_seconds`` apart, and ``time_gate`` is
    the first value of its gates: 0 changes nothing, 1 is the usual rotary embedding.
    ``trajectory_prior`` adds the gated graph of ``graph_prior``, and ``frame_features`` (width, rank)
    features (B,T,width) of whole frames, through ``rank`` numbers per joint.

    ``local_branch`` can be set to False, on the instance as well, to skip the attention within
    thirds of the clip: with the official scale of 1e-5 its effect is about 1e-4 of the output.
    The options in ``IGNORED_OPTIONS`` are accepted and have no effect, as in the official network.
    """

    def __init__(
        self,
        n_layers: int = 16,
        dim_in: int = 3,
        dim_feat: int = 128,
        dim_rep: int = 512,
        dim_out: int = 3,
        num_heads: int = 8,
        n_frames: int = 243,
        mlp_ratio: float = 4,
        qkv_bias: bool = False,
        layer_scale_init_value: float = 1e-5,
        qkv_scale: float | None = None,
        num_joints: int = 17,
        use_adaptive_fusion: bool = True,
        use_layer_scale: bool = True,
        local_branch: bool = True,
        time_position: bool = False,
        time_gate: float = 0.0,
        stride_seconds: float = 0.1,
        trajectory_prior: bool = False,
        frame_features: tuple[int, int] | None = None,
        **ignored: object,
    ) -> None:
        super().__init__()
        unknown = sorted(set(ignored) - IGNORED_OPTIONS)
        if unknown:
            raise TypeError(f"TCPFormer has no option {', '.join(unknown)}.")
        if not (use_adaptive_fusion and use_layer_scale):
            raise ValueError("TCPFormer exists only with adaptive fusion and layer scales.")
        if dim_feat % num_heads:
            raise ValueError(f"dim_feat ({dim_feat}) must be a multiple of num_heads ({num_heads}).")
        attention = {"num_heads": num_heads, "qkv_bias": qkv_bias, "qkv_scale": qkv_scale}
        gate = time_gate if time_position else None
        sizes = (dim_feat, int(dim_feat * mlp_ratio), layer_scale_init_value, attention, gate)
        self.local_branch = local_branch
        self.time_position = time_position
        self.stride_seconds = stride_seconds
        self.joints_embed = nn.Linear(dim_in, dim_feat)
        self.pos_embed = nn.Parameter(torch.zeros(1, num_joints, dim_feat))
        self.center_pose = nn.Parameter(torch.randn(max(1, n_frames // 3), num_joints, dim_feat))
        self.center_pos_embed = nn.Parameter(torch.zeros(1, num_joints, dim_feat))
        self.layers = nn.ModuleList(EncoderLayer(*sizes) for _ in range(n_layers))
        self.temporal_layers = nn.ModuleList(TemporalLayer(*sizes) for _ in range(n_layers))
        self.norm = nn.LayerNorm(dim_feat)
        self.rep_logit = nn.Sequential(OrderedDict(fc=nn.Linear(dim_feat, dim_rep), act=nn.Tanh()))
        self.head = nn.Linear(dim_rep, dim_out)
        self.trajectory_prior = TrajectoryPrior(dim_feat) if trajectory_prior else None
        self.frame_features = FrameFeatures(*frame_features, num_joints, dim_feat) if frame_features else None

    def forward(
        self, x: Tensor, times: Tensor | None = None, features: Tensor | None = None, return_rep: bool = False
    ) -> Tensor:
        """Lift (B,T,J,dim_in), T >= 1, to (B,T,J,dim_out), or to (B,T,J,dim_rep) before the last layer.

        ``times`` (B,T) are the seconds of the frames, for ``time_position``; ``features`` (B,T,width) those of
        ``frame_features``.
        """
        batch, frames = x.shape[:2]
        when = relative_times(times, frames, self.stride_seconds, x) if self.time_position else None
        x = self._embed(x, features)
        proxy = (self.center_pose + self.center_pos_embed).transpose(0, 1).repeat(batch, 1, 1)
        for index, (encoder, temporal) in enumerate(zip(self.layers, self.temporal_layers, strict=True)):
            x = encoder(x, when)
            if index == 0 and self.trajectory_prior is not None:
                x = x + self.trajectory_prior(x)
            by_joint = x.transpose(1, 2).flatten(0, 1)
            by_joint, proxy = cast(tuple[Tensor, Tensor], temporal(by_joint, proxy, self.local_branch, when))
            x = by_joint.unflatten(0, (batch, -1)).transpose(1, 2)
        rep = self.rep_logit(self.norm(x))
        return rep if return_rep else self.head(rep)

    def _embed(self, x: Tensor, features: Tensor | None) -> Tensor:
        """Return the first tokens (B,T,J,C)."""
        tokens = self.joints_embed(x) + self.pos_embed
        if self.frame_features is not None and features is not None:
            tokens = tokens + self.frame_features(features)
        return tokens

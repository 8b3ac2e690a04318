"""Where a mistake of the model is made: one stage of a forward pass, and what came before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_TRANSFORM = "cls.predictions.transform"


@dataclass(frozen=True)
class Scene:
    """Where a mistake is made: one stage of one forward pass, and what came before it.

    Attributes:
        model: in HuggingFace's layout.
        config: its config.json.
        batch: what it was given.
        made: the stages before it.
        parameters: the model's weights, by HuggingFace's names.
        stage: which is being made.
        right: what it ought to be.
        value: of the mistake's parameter.
    """

    model: nn.Module
    config: Mapping[str, Any]
    batch: Mapping[str, Tensor]
    made: dict[str, Tensor] = field(default_factory=dict)
    parameters: dict[str, Tensor] = field(default_factory=dict)
    stage: str = ""
    right: Tensor = field(default_factory=lambda: torch.empty(0))
    value: float = 0.0

    def __getitem__(self, name: str) -> Tensor:
        """Return an earlier stage, of the same layer if it has one of this name."""
        here = f"{self.layer}.{name}"
        return self.made[here if here in self.made else name]

    @property
    def layer(self) -> str:
        """Whose stage it is, such as `encoder.layer.3`; "" outside of the encoder."""
        return ".".join(self.stage.split(".")[:3]) if self.stage.startswith("encoder.") else ""

    @property
    def number(self) -> int:
        """The layer's."""
        return int(self.layer.rpartition(".")[2])

    @property
    def layer_input(self) -> Tensor:
        """What the layer is given."""
        return self.made[f"encoder.layer.{self.number - 1}" if self.number else "embeddings"]

    @property
    def last(self) -> Tensor:
        """What the last layer made."""
        return self.made[f"encoder.layer.{self.config['num_hidden_layers'] - 1}"]

    @property
    def input(self) -> Tensor:
        """The input of this stage's linear layer, LayerNorm or activation."""
        parent, _, last = self.stage.rpartition(".")
        match self.stage.removeprefix(f"{self.layer}."):
            case "attention.self.query" | "attention.self.key" | "attention.self.value":
                return self.layer_input
            case "attention.output.dense":
                return self["attention.self"]
            case "intermediate.dense":
                return self["attention.output.LayerNorm"]
            case "intermediate":
                return self["intermediate.dense"]
            case "output.dense":
                return self["intermediate"]
            case "pooler.dense":
                return self.last[:, 0]
            case "pooler":
                return self.made["pooler.dense"]
            case "cls.predictions.transform":
                return self.linear(self.last, f"{self.stage}.dense")
            case "cls.predictions":
                return self.made["cls.predictions.transform"]
            case "cls.seq_relationship":
                return self.made["pooler"]
        if last == "LayerNorm":
            return self.made[f"{parent}.sum"]
        raise ValueError(f"{self.stage} is no linear layer, LayerNorm or activation")

    @property
    def to_normalize(self) -> Tensor:
        """The input of this stage's LayerNorm; the masked words' transform has one inside."""
        if self.stage == _TRANSFORM:
            return F.gelu(self.input)
        return self.input

    @property
    def ids(self) -> Tensor:
        """(batch, seq), of the tokens."""
        return self.batch["input_ids"]

    @property
    def pad(self) -> int:
        """The id of [PAD]."""
        return self.config.get("pad_token_id") or 0

    @property
    def segments(self) -> Tensor:
        """(batch, seq), 0 or 1."""
        return self.batch.get("token_type_ids", torch.zeros_like(self.ids))

    @property
    def mask(self) -> Tensor:
        """(batch, seq), True for tokens."""
        return self.batch.get("attention_mask", torch.ones_like(self.ids)).bool()

    @property
    def keys(self) -> Tensor:
        """(batch, 1, 1, key), True for tokens."""
        return self.mask[:, None, None]

    @property
    def weight(self) -> Tensor:
        """Of this stage's linear layer or LayerNorm."""
        return self.parameter(f"{self._own}.weight")

    @property
    def bias(self) -> Tensor:
        """Of this stage's linear layer or LayerNorm."""
        return self.parameter(f"{self._own}.bias")

    @property
    def _own(self) -> str:
        return f"{_TRANSFORM}.LayerNorm" if self.stage == _TRANSFORM else self.stage

    def parameter(self, name: str) -> Tensor:
        """Return a weight by HuggingFace's name, of the same layer if it has one of this name."""
        here = f"{self.layer}.{name}"
        return self.parameters[here if here in self.parameters else name]

    def linear(self, states: Tensor, name: str = "") -> Tensor:
        """Run states through the linear layer of this stage, or of another."""
        name = name or self.stage
        return F.linear(states, self.parameter(f"{name}.weight"), self.parameter(f"{name}.bias"))

    def affine(self, states: Tensor, name: str = "") -> Tensor:
        """Apply gain and bias of the LayerNorm of this stage, or of another."""
        name = name or self._own
        return states * self.parameter(f"{name}.weight") + self.parameter(f"{name}.bias")

    def norm(self, states: Tensor, name: str = "", eps: float | None = None) -> Tensor:
        """Run states through the LayerNorm of this stage, or of another."""
        eps = self.config["layer_norm_eps"] if eps is None else eps
        return self.affine(F.layer_norm(states, states.shape[-1:], eps=eps), name)

    def heads(self, name: str) -> Tensor:
        """(batch, heads, seq, head_dim) of this layer's `query`, `key` or `value`."""
        states = self[f"attention.self.{name}"]
        batch, seq, _ = states.shape
        heads = self.config["num_attention_heads"]
        return states.reshape(batch, seq, heads, -1).transpose(1, 2)

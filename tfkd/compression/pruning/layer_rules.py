"""What becomes of the places of axes in each kind of layer and operation that is understood."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from . import shape_rules
from .graph_calls import Call
from .positions import Axes, Axis
from .shape_rules import keep_all, spread

# Those that look at one place at a time; a softmax over units looks at all.
_PLACE_BY_PLACE = (
    "linear relu relu6 leaky_relu elu selu gelu silu swish sigmoid hard_sigmoid hard_silu "
    "hard_swish tanh softplus softsign exponential mish celu"
)
_WITHOUT_WEIGHTS = (
    "Add Subtract Multiply Average Maximum Minimum Dropout GaussianDropout GaussianNoise Identity "
    "ReLU LeakyReLU ELU Rescaling TrueDivide Divide Power Where Cast Relu Relu6 LeakyRelu Elu Selu "
    "Gelu Silu Sigmoid HardSigmoid HardSilu Tanh Softplus Softsign Erf Exp Log Log1p Sqrt Rsqrt "
    "Square Negative Absolute Abs Reciprocal Sign Floor Round Clip Equal NotEqual Greater "
    "GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot"
)
_BY_CHANNEL = (
    "MaxPooling1D MaxPooling2D MaxPooling3D AveragePooling1D AveragePooling2D AveragePooling3D "
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D Cropping1D Cropping2D UpSampling1D UpSampling2D "
    "SpatialDropout1D SpatialDropout2D RandomTranslation RandomFlip RandomRotation RandomZoom"
)


def activate(call: Call, axes: Axes) -> Axes:
    """Return the axes behind a layer's activation."""
    if _is_place_by_place(call):
        return axes
    call.keep(axes[-1])
    return axes


def _is_place_by_place(call: Call) -> bool:
    name = call.settings.get("activation")
    return isinstance(name, str) and name in _PLACE_BY_PLACE.split()


def _place_by_place(call: Call) -> Axes:
    # Arrays of numbers for each place, and the shape of a dropout.
    fixed = [call.settings.get(key) for key in ("scale", "offset", "noise_shape")]
    if any(each is not None and not isinstance(each, (int, float)) for each in fixed):
        return keep_all(call)
    return spread(call, "width" if call.kind == "Add" else "")


def _activation(call: Call) -> Axes:
    return activate(call, call.operands[0].axes)


def _dense(call: Call) -> Axes:
    before = call.operands[0].axes
    own = call.graph.positions.make(call.name, call.settings["units"], "units")
    bias = [(own,)] if call.settings["use_bias"] else []
    return _finish(call, ((before[-1], own), *bias), (*before[:-1], own), "units")


def _finish(call: Call, weights: tuple[Axes, ...], after: Axes, key: str) -> Axes:
    """Say what a layer's weights are, and how a setting says how many places it makes."""
    own = after[-1]
    assert own is not None
    call.size(key, own)
    if not call.weigh(*weights):
        call.keep(own)
        return keep_all(call)
    return activate(call, after) if "activation" in call.settings else after


def _convolution(call: Call) -> Axes:
    before, filters = call.operands[0].axes, call.settings["filters"]
    if not _channels_last(call) or call.settings.get("groups", 1) != 1:
        return keep_all(call)
    call.keep(*before[:-1])
    own = call.graph.positions.make(call.name, filters, "channels")
    turned = call.kind.endswith("Transpose")
    ends = (own, before[-1]) if turned else (before[-1], own)
    space: Axes = (None,) * (len(before) - 2)
    bias = [(own,)] if call.settings["use_bias"] else []
    return _finish(call, ((*space, *ends), *bias), (None, *space, own), "filters")


def _depthwise(call: Call) -> Axes:
    before = call.operands[0].axes
    if not _channels_last(call) or call.settings["depth_multiplier"] != 1:
        return keep_all(call)
    call.keep(*before[:-1])
    space: Axes = (None,) * (len(before) - 2)
    bias = [(before[-1],)] if call.settings["use_bias"] else []
    if not call.weigh((*space, before[-1], None), *bias):
        return keep_all(call)
    return activate(call, (None, *space, before[-1]))


def _embedding(call: Call) -> Axes:
    call.keep(*call.operands[0].axes)
    own = call.graph.positions.make(call.name, call.settings["output_dim"], "width")
    none: Axes = (None,) * len(call.operands[0].shape)
    return _finish(call, ((None, own),), (*none, own), "output_dim")


def _normalization(call: Call) -> Axes:
    axes, rank = call.operands[0].axes, len(call.operands[0].shape)
    over = call.settings["axis"]
    if over not in (-1, rank - 1, [-1], [rank - 1]):
        return keep_all(call)
    axis = axes[-1]
    if axis is not None and call.kind != "BatchNormalization":
        call.graph.positions.mark(axis, "width")
    number = len(call.graph.shapes.get(call.name, ()))
    return axes if call.weigh(*[(axis,)] * number) else keep_all(call)


def _by_channel(call: Call) -> Axes:
    if not _channels_last(call):
        return keep_all(call)
    axes = call.operands[0].axes
    call.keep(*axes[:-1])
    return (*(None for _ in axes[:-1]), axes[-1])


def _global_pooling(call: Call) -> Axes:
    axes = _by_channel(call)
    if not axes or call.settings.get("keepdims"):
        return axes
    return (None, axes[-1])


def _channels_last(call: Call) -> bool:
    return call.settings.get("data_format", "channels_last") == "channels_last"


def _softmax(call: Call) -> Axes:
    axes, over = call.operands[0].axes, call.settings["axis"]
    for axis in over if isinstance(over, (list, tuple)) else [over]:
        call.keep(axes[axis])
    # Masks are arrays too.
    return spread(call)


def _reduce(call: Call) -> Axes:
    axes: list[Axis] = list(call.operands[0].axes)
    over = call.settings.get("axis")
    over = range(len(axes)) if over is None else over if isinstance(over, (list, tuple)) else [over]
    gone = {axis % len(axes) for axis in over}
    call.keep(*(axes[axis] for axis in gone))
    if call.settings.get("keepdims"):
        return tuple(None if n in gone else axis for n, axis in enumerate(axes))
    return tuple(axis for n, axis in enumerate(axes) if n not in gone)


def _transpose(call: Call) -> Axes:
    axes = call.operands[0].axes
    order = call.settings.get("axes") or list(range(len(axes)))[::-1]
    return tuple(axes[number] for number in order)


def _permute(call: Call) -> Axes:
    axes = call.operands[0].axes
    return (axes[0], *(axes[number] for number in call.settings["dims"]))


def _swap(call: Call) -> Axes:
    axes = list(call.operands[0].axes)
    one, other = call.settings["axis1"], call.settings["axis2"]
    axes[one], axes[other] = axes[other], axes[one]
    return tuple(axes)


def _expand(call: Call) -> Axes:
    axes, at = list(call.operands[0].axes), call.settings["axis"]
    if not isinstance(at, int):
        return keep_all(call)
    axes.insert(at % (len(axes) + 1), None)
    return tuple(axes)


def _squeeze(call: Call) -> Axes:
    axes, at = list(call.operands[0].axes), call.settings["axis"]
    if not isinstance(at, int):
        return keep_all(call)
    call.keep(axes.pop(at))
    return tuple(axes)


def _reshape(call: Call) -> Axes:
    before = call.operands[0]
    if call.kind == "Flatten":
        if not _channels_last(call) or None in before.shape[1:]:
            return keep_all(call)
        whole = math.prod(n or 1 for n in before.shape[1:])
        return shape_rules.reshape(call, before, [None, whole], "", 1)
    if "newshape" in call.settings:
        target = list(call.settings["newshape"])
        return shape_rules.reshape(call, before, target, "newshape", 0)
    target = list(call.settings["target_shape"])
    return shape_rules.reshape(call, before, [None, *target], "target_shape", 1)


def _einsum(call: Call) -> Axes:
    equation = call.settings["subscripts"].replace(" ", "")
    if "." in equation or "->" not in equation or len(call.operands) != equation.count(",") + 1:
        return keep_all(call)
    return shape_rules.contract(call, equation)


def _einsum_dense(call: Call) -> Axes:
    equation = call.settings["equation"]
    if "." in equation:
        return keep_all(call)
    sides, result = equation.split("->")
    inputs, kernel = sides.split(",")
    places = dict(zip(inputs, call.operands[0].axes, strict=True))
    shape = dict(zip(kernel, call.graph.shapes[call.name][0], strict=True))
    made = [letter for letter in result if letter not in inputs]
    if not made:
        return keep_all(call)
    # Of heads and what is in one of them, heads are cut.
    kind = "heads" if len(made) > 1 else "units"
    own = call.graph.positions.make(call.name, shape[made[0]], kind)
    places[made[0]] = own
    after = tuple(places.get(letter) for letter in result)
    for number, axis in enumerate(after):
        # The setting has those of the input that stay, too.
        if number and axis is not None:
            call.size("output_shape", axis, number - len(result))
    bias = call.settings["bias_axes"]
    weights = [tuple(places.get(letter) for letter in kernel)]
    if bias:
        last = result[min(result.index(letter) for letter in bias) :]
        weights.append(tuple(places.get(n) if n in bias else None for n in last))
    if not call.weigh(*weights):
        call.keep(own)
        return keep_all(call)
    if not _is_place_by_place(call):
        call.keep(*after)
    return after


RULES: Mapping[str, Callable[[Call], Axes]] = {
    **dict.fromkeys(_WITHOUT_WEIGHTS.split(), _place_by_place),
    **dict.fromkeys(_BY_CHANNEL.split(), _by_channel),
    **{f"Global{how}Pooling{n}D": _global_pooling for how in ("Max", "Average") for n in (1, 2, 3)},
    **{f"Conv{n}D": _convolution for n in (1, 2, 3)},
    **{f"Conv{n}DTranspose": _convolution for n in (1, 2, 3)},
    **{f"DepthwiseConv{n}D": _depthwise for n in (1, 2)},
    **dict.fromkeys(("Max", "Min", "Mean", "Sum", "Any", "All"), _reduce),
    **dict.fromkeys(("Reshape", "Flatten"), _reshape),
    **dict.fromkeys(
        ("LayerNormalization", "BatchNormalization", "RMSNormalization"), _normalization
    ),
    "Activation": _activation,
    "Concatenate": shape_rules.concatenate,
    "Dense": _dense,
    "Einsum": _einsum,
    "EinsumDense": _einsum_dense,
    "Embedding": _embedding,
    "ExpandDims": _expand,
    "GetItem": shape_rules.pick,
    "Matmul": shape_rules.multiply_matrices,
    "Permute": _permute,
    "Softmax": _softmax,
    "Squeeze": _squeeze,
    "Swapaxes": _swap,
    "Transpose": _transpose,
}
"""By the names of Keras's classes; layers and operations of one name do the same."""


def follow(call: Call) -> Axes:
    """Return the axes of what a call of Keras's own layers and operations returns."""
    return RULES.get(call.kind, keep_all)(call)

"""Streaming inference: the interpreter keeps the LSTM's state from chunk to chunk.

The network takes a fixed number of frames at a time, so the cost per second of audio is constant, and an utterance
gives the same steps however its frames arrive.  Listening uses int8 models; the other forms run too, for comparison.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from edge_ser.errors import ModelForeign
from edge_ser.model.bundle import Bundle
from edge_ser.model.interpreter import Interpreter

Int8 = npt.NDArray[np.int8]
Float = npt.NDArray[np.float64]


class ModelStream:
    """Runs the network; call :meth:`reset`, :meth:`process`..., :meth:`finish` for each utterance.

    Args:
        bundle: The model.
        interpreter: Runs it.
        threads: Threads of the interpreter.

    Raises:
        ModelForeign: the interpreter cannot run the network, or its tensors do not match its description.
    """

    def __init__(self, bundle: Bundle, interpreter: Interpreter, threads: int = 1) -> None:
        self.bundle = bundle
        try:
            self._network = interpreter.load(bundle.network, threads)
        except (ValueError, RuntimeError) as error:
            raise ModelForeign(f"{interpreter.name} {interpreter.version} cannot run this model: {error}") from None
        layout, coefficients = bundle.chunk, bundle.front_end.coefficients
        self._frames = layout.frames
        self._context = layout.context
        self._frames_a_step = layout.frames // layout.steps
        (source,), (result,) = self._network.get_input_details(), self._network.get_output_details()
        expected = ((1, layout.context + layout.frames, coefficients), (1, layout.steps, len(bundle.labels) + 1))
        for details, shape in zip((source, result), expected, strict=True):
            if tuple(details["shape"]) != shape or details["dtype"] not in (np.int8, np.float32):
                raise ModelForeign(
                    f"tensor {details['name']} is {details['shape']} {details['dtype'].__name__}, "
                    f"the description says {shape} int8 or float32"
                )
        self._source = source["index"]
        self._source_dtype = source["dtype"]  # float32 takes the features in int8 steps
        self._result = result["index"]
        quantization: tuple[float, int] = result["quantization"] if result["dtype"] is np.int8 else (1.0, 0)
        self._scale, self._zero = quantization
        self._no_steps: Float = np.empty((0, len(bundle.labels) + 1))
        self.reset()

    def reset(self) -> None:
        """Start an utterance: reset the LSTM's state and the convolutions' context."""
        self._network.reset_all_variables()
        # The context of the first frames is zero, the mean of the normalized features.
        self._pending: Int8 = np.zeros((self._context, self.bundle.front_end.coefficients), np.int8)

    def process(self, features: Int8) -> Float:
        """Process the next frames.

        Args:
            features: From the front end, shape ``(n, coefficients)``, int8, n >= 0.

        Returns:
            Logits of the steps that these frames complete, shape ``(steps, labels + 1)``, float64; the last column is
            the logit of speech.
        """
        self._pending = np.concatenate((self._pending, features))
        whole = self._context + self._frames
        outputs = []
        begin = 0
        while len(self._pending) - begin >= whole:
            outputs.append(self._invoke(self._pending[begin : begin + whole]))
            begin += self._frames
        if not outputs:
            return self._no_steps
        self._pending = self._pending[begin:]
        return self._logits(np.concatenate(outputs))

    def finish(self) -> Float:
        """End the utterance and return the logits of its last, incomplete chunk, as :meth:`process` does."""
        left = len(self._pending) - self._context
        if not left:
            return self._no_steps
        chunk = np.zeros((self._context + self._frames, self._pending.shape[1]), np.int8)
        chunk[: len(self._pending)] = self._pending
        # A step counts if any of its frames is real.
        return self._logits(self._invoke(chunk))[: math.ceil(left / self._frames_a_step)]

    def _invoke(self, chunk: Int8) -> Any:
        if not self.bundle.chunk.streams:
            self._network.reset_all_variables()
        self._network.set_tensor(self._source, chunk[None].astype(self._source_dtype, copy=False))
        self._network.invoke()
        return self._network.get_tensor(self._result)[0]

    def _logits(self, outputs: npt.NDArray[Any]) -> Float:
        logits: Float = (outputs.astype(np.float64) - self._zero) * self._scale
        return logits

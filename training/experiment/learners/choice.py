"""Which learner a family has."""

from __future__ import annotations

from training.experiment.learners import Learner, Material
from training.experiment.learners.classical import ClassicalLearner
from training.experiment.learners.network import NetworkLearner
from training.families import CLASSICAL


def learner_of(material: Material) -> Learner:
    """Return the learner of the family that the settings name."""
    classical = material.settings.network.family in CLASSICAL
    return ClassicalLearner(material) if classical else NetworkLearner(material)

"""What the tests of this folder share: a server of the demo family with tools, a structure and a tool."""

import typing
import unittest

import pydantic
from serving import KEY, Serving

MODEL = "atlas-tools"
QUESTION = "What is the capital of Peru?"


class Place(pydantic.BaseModel):
    """A place. Its fields are bounded: Atlas never learned when to stop."""

    city: typing.Literal["Lima", "Quito", "Rome"]
    kind: typing.Literal["capital", "town"]
    coastal: bool


class Served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.serving = Serving("Tests/clients/atlas-tools.yaml")
        cls.url = cls.serving.url + "/v1"
        cls.key = KEY

    @classmethod
    def tearDownClass(cls):
        assert cls.serving.stop() == 0

"""dspy: a signature whose fields are kept by a JSON schema, and one that calls a tool."""

import typing
import unittest

import dspy
from atlas import MODEL, QUESTION, Served


class Locate(dspy.Signature):
    """Names the place."""

    question: str = dspy.InputField()
    city: typing.Literal["Lima", "Quito", "Rome"] = dspy.OutputField()
    coastal: bool = dspy.OutputField()


class DSPy(Served):
    def setUp(self):
        self.model = dspy.LM(
            "openai/" + MODEL, api_base=self.url, api_key=self.key, cache=False, num_retries=0, temperature=0,
            max_tokens=200)

    def test_a_chat(self):
        self.assertTrue(self.model(QUESTION)[0])

    def test_a_signature_as_json(self):
        with dspy.context(lm=self.model, adapter=dspy.JSONAdapter()):
            place = dspy.Predict(Locate)(question=QUESTION)
        self.assertIn(place.city, ("Lima", "Quito", "Rome"))
        self.assertIsInstance(place.coastal, bool)


if __name__ == "__main__":
    unittest.main()

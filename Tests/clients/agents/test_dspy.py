"""dspy: a signature whose fields are kept by a JSON schema. Its prompt leaves few of Atlas's 512 tokens."""

import typing
import unittest

import dspy
from atlas import MODEL, QUESTION, Served


class Locate(dspy.Signature):
    """Names the city."""

    q: str = dspy.InputField()
    city: typing.Literal["Lima", "Quito", "Rome"] = dspy.OutputField()


class DSPy(Served):
    def setUp(self):
        self.model = dspy.LM(
            "openai/" + MODEL, api_base=self.url, api_key=self.key, cache=False, num_retries=0, temperature=0,
            max_tokens=60)

    def test_a_chat(self):
        self.assertTrue(self.model(QUESTION)[0])

    def test_a_signature_as_json(self):
        # dspy asks for a schema by itself only where its list of models says that one can.
        schema = {"type": "object", "properties": {"city": {"enum": ["Lima", "Quito", "Rome"]}}, "required": ["city"]}
        form = {"type": "json_schema", "json_schema": {"name": "locate", "schema": schema}}
        with dspy.context(lm=self.model, adapter=dspy.JSONAdapter()):
            place = dspy.Predict(Locate, response_format=form)(q=QUESTION)
        self.assertIn(place.city, ("Lima", "Quito", "Rome"))


if __name__ == "__main__":
    unittest.main()

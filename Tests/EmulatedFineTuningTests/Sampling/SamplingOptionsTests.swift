import EmulatedFineTuning
import Testing

@Suite struct SamplingOptionsTests {
    @Test(
        "an option out of range is named with its range and value",
        arguments: [
            (SamplingOptions(temperature: -0.1), "temperature", "0 to 100", "-0.1"),
            (SamplingOptions(temperature: .nan), "temperature", "0 to 100", "nan"),
            (SamplingOptions(temperature: 101), "temperature", "0 to 100", "101"),
            (SamplingOptions(topP: 1.5), "top_p", "0 to 1", "1.5"),
            (SamplingOptions(topP: -1), "top_p", "0 to 1", "-1"),
            (SamplingOptions(minP: 2), "min_p", "0 to 1", "2"),
            (SamplingOptions(topK: 0), "top_k", "1 or more", "0"),
            (SamplingOptions(repetitionPenalty: 0), "repetition_penalty", "0.01 to 100", "0"),
            (SamplingOptions(presencePenalty: .infinity), "presence_penalty", "-100 to 100", "inf"),
            (SamplingOptions(frequencyPenalty: -101), "frequency_penalty", "-100 to 100", "-101"),
            (SamplingOptions(logitBias: [7: 1]), "logit_bias", "token ids 0 to 6", "token 7"),
            (SamplingOptions(logitBias: [-1: 1]), "logit_bias", "token ids 0 to 6", "token -1"),
            (SamplingOptions(logitBias: [1: .nan]), "logit_bias", "-1000 to 1000", "nan"),
        ])
    func anOptionOutOfRangeIsNamedWithItsRangeAndValue(
        options: SamplingOptions, name: String, range: String, value: String
    ) {
        let error = #expect(throws: SamplingError.self) { try options.validate(vocabulary: 7) }
        #expect(
            error?.description
                == "The sampling option `\(name)` must be in the range \(range): received \(value)."
        )
    }

    @Test("defaults and extremes are in range") func defaultsAndExtremesAreInRange() throws {
        try SamplingOptions().validate(vocabulary: 1)
        try SamplingOptions.greedy.validate(vocabulary: 1)
        try SamplingOptions(
            temperature: 100, topK: .max, topP: 0, minP: 1, repetitionPenalty: 100,
            presencePenalty: -100, frequencyPenalty: 100, logitBias: [6: -1000]
        ).validate(vocabulary: 7)
    }
}
